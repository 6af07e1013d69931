"""The random numbers of twopass/random.hpp. docs/architecture.md says what each purpose and stream decides."""

import itertools

EVALUATION_CLASS, SUBSET = 7, 10  # of Purpose
WORD = 0xFFFFFFFF


def philox(counter, key):
    """Philox4x32-10: four words of 32 bits from a counter of four and a key of two."""
    for _ in range(10):
        first, second = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = (second >> 32 ^ counter[1] ^ key[0], second & WORD, first >> 32 ^ counter[3] ^ key[1], first & WORD)
        key = (key[0] + 0x9E3779B9 & WORD, key[1] + 0xBB67AE85 & WORD)
    return counter


class Random:
    def __init__(self, seed, purpose, stream=0):
        key, stream = (seed & WORD, seed >> 32), (stream & WORD, stream >> 32)
        blocks = (philox((block, purpose, *stream), key) for block in itertools.count())
        self.words = itertools.chain.from_iterable(blocks)

    def below(self, bound):
        """Uniform in [0, bound): words that would favour some of the numbers are passed over."""
        product = next(self.words) * bound
        while product & WORD < 2**32 % bound:
            product = next(self.words) * bound
        return product >> 32

    def permutation(self, count):
        items = list(range(count))
        for last in range(count - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
        return items
