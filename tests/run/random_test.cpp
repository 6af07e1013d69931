#include "twopass/random.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace twopass {
namespace {

using testing::ElementsAre;

// Chi-squared statistic of counts that should all be equal.
double chi_squared(const std::vector<int>& counts) {
  const double expected =
      std::accumulate(counts.begin(), counts.end(), 0.0) / static_cast<double>(counts.size());
  double sum = 0;
  for (const int count : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

// kat_vectors of Random123, https://github.com/DEShawResearch/random123.
TEST(Random, IsPhilox) {
  EXPECT_THAT(Random::philox({0, 0, 0, 0}, {0, 0}),
              ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  EXPECT_THAT(Random::philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
              ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  EXPECT_THAT(Random::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
              ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

// Results are only comparable between versions as long as these numbers stay.
TEST(Random, MapsSeedPurposeAndStreamToKeyAndCounter) {
  Random random(0x0000000200000001, Purpose::kWrongLabel, 0x0000000500000004);
  for (const uint32_t block : {0U, 1U})
    for (const uint32_t word : Random::philox({block, 3, 4, 5}, {1, 2})) EXPECT_EQ(random.bits(), word);
}

TEST(Random, DrawsBelowABoundWithoutBias) {
  for (const uint32_t bound : {1U, 2U, 3U, 7U, 10U}) {
    Random random(bound, Purpose::kFirstUser);
    std::vector<int> counts(bound);
    for (int draw = 0; draw < 20000; ++draw) ++counts.at(random.below(bound));
    EXPECT_LT(chi_squared(counts), 28) << "bound " << bound;  // 0.1 % of 9 degrees of freedom
  }
}

// With 3 * 2^30 a remainder would favour the lowest third, a product without rejection the multiples of 3.
TEST(Random, DrawsBelowALargeBoundWithoutBias) {
  Random random(1, Purpose::kFirstUser);
  std::vector<int> thirds(3), remainders(3);
  for (int draw = 0; draw < 6000; ++draw) {
    const uint32_t value = random.below(3U << 30);
    ++thirds.at(value >> 30);
    ++remainders.at(value % 3);
  }
  EXPECT_LT(chi_squared(thirds), 14);
  EXPECT_LT(chi_squared(remainders), 14);
}

TEST(Random, DrawsEveryPermutationEquallyOften) {
  std::map<std::vector<int32_t>, int> counts;
  for (uint64_t stream = 0; stream < 6000; ++stream)
    ++counts[Random(0, Purpose::kShuffle, stream).permutation(3)];
  ASSERT_EQ(counts.size(), 6U);
  std::vector<int> values;
  for (const auto& [order, count] : counts) values.push_back(count);
  EXPECT_LT(chi_squared(values), 21);
}

TEST(Random, PermutesALongList) {
  std::vector<int32_t> order = Random(0, Purpose::kShuffle).permutation(60000);
  const auto at_home = [&] {
    int count = 0;
    for (size_t index = 0; index < order.size(); ++index) count += order[index] == static_cast<int>(index);
    return count;
  };
  EXPECT_LT(at_home(), 10);  // one is expected
  std::ranges::sort(order);
  EXPECT_EQ(at_home(), 60000);
}

TEST(Random, HasUniformAndNormalNumbers) {
  Random random(0, Purpose::kInitialWeights);
  double sum = 0, squares = 0, uniform_sum = 0;
  constexpr int kCount = 100000;
  for (int draw = 0; draw < kCount; ++draw) {
    const float uniform = random.uniform();
    ASSERT_TRUE(uniform >= 0 && uniform < 1);
    uniform_sum += static_cast<double>(uniform);
    const auto normal = static_cast<double>(random.normal());
    sum += normal;
    squares += normal * normal;
  }
  EXPECT_NEAR(uniform_sum / kCount, 0.5, 0.004);
  EXPECT_NEAR(sum / kCount, 0, 0.013);
  EXPECT_NEAR(squares / kCount, 1, 0.02);
}

}  // namespace
}  // namespace twopass
