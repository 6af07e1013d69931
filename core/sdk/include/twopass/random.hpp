#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace twopass {

// What a stream of random numbers is for. Streams of different purposes are independent, so that adding a
// draw in one place never changes another. What a plugin of a third party draws by itself has values from
// kFirstUser on; initial weights and wrong labels it takes from layer.hpp and trainer.hpp, as all do.
enum class Purpose : uint32_t {
  kShuffle = 1,
  kPretextClass = 2,
  kWrongLabel = 3,
  kInitialWeights = 4,
  kTransform = 5,
  kProbeShuffle = 6,
  kEvaluationClass = 7,
  kPartner = 8,
  kMask = 9,
  kSubset = 10,
  kEvaluationTransform = 11,
  kFirstUser = 1000
};

// Counter-based generator Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1,
// 2, 3, SC 2011). The same (seed, purpose, stream) gives the same numbers on every machine and backend,
// whatever else was drawn before. `stream` is an epoch, a layer, an image: whatever the numbers belong to.
class Random {
 public:
  Random(uint64_t seed, Purpose purpose, uint64_t stream = 0)
      : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)},
        counter_{0, static_cast<uint32_t>(purpose), static_cast<uint32_t>(stream),
                 static_cast<uint32_t>(stream >> 32)} {}

  // Uniform over all 32-bit values. One stream holds 2^34 of them.
  uint32_t bits() {
    if (used_ == block_.size()) {
      block_ = philox(counter_, key_);
      ++counter_[0];
      used_ = 0;
    }
    return block_[used_++];
  }

  // Uniform in [0, 1), a multiple of 2^-24: exact in float32.
  float uniform() { return static_cast<float>(bits() >> 8) * 0x1p-24F; }

  // Uniform in [low, high]: rounding may give `high` itself.
  float uniform(float low, float high) { return low + (high - low) * uniform(); }

  // Uniform in [0, bound), bound >= 1; without bias (Lemire: Fast random integer generation in an interval,
  // 2019).
  uint32_t below(uint32_t bound) {
    uint64_t product = uint64_t{bits()} * bound;
    if (static_cast<uint32_t>(product) < bound) {
      const uint32_t threshold = (0U - bound) % bound;
      while (static_cast<uint32_t>(product) < threshold) product = uint64_t{bits()} * bound;
    }
    return static_cast<uint32_t>(product >> 32);
  }

  // Standard normal (Box and Muller).
  float normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - static_cast<double>(uniform())));
    return static_cast<float>(radius * std::cos(2.0 * std::numbers::pi * static_cast<double>(uniform())));
  }

  // Uniform over all orders (Fisher and Yates), of fewer than 2^32 items.
  template <class T>
  void shuffle(std::span<T> items) {
    for (size_t left = items.size(); left > 1; --left)
      std::swap(items[left - 1], items[below(static_cast<uint32_t>(left))]);
  }

  // 0 .. count-1 in random order; count in [0, 2^31).
  std::vector<int32_t> permutation(int64_t count) {
    std::vector<int32_t> order(static_cast<size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    shuffle(std::span(order));
    return order;
  }

  // One block of the generator, open to tests against the published vectors.
  static std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
      const uint64_t first = uint64_t{0xD2511F53} * counter[0];
      const uint64_t second = uint64_t{0xCD9E8D57} * counter[2];
      counter = {static_cast<uint32_t>(second >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(second),
                 static_cast<uint32_t>(first >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(first)};
      key[0] += 0x9E3779B9;
      key[1] += 0xBB67AE85;
    }
    return counter;
  }

 private:
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 4> counter_;
  std::array<uint32_t, 4> block_{};
  size_t used_ = 4;
};

}  // namespace twopass
