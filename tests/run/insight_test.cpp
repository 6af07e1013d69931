// What is measured of a network's layers: effective rank, dead units, goodness.

#include "run/insight.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "run/dead_units.hpp"
#include "run/effective_rank.hpp"
#include "twopass/testing/reference_backend.hpp"

namespace twopass::run {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;

// Rows +-lengths[i] in direction i, around `centre`: their singular values are sqrt(2) * lengths[i].
std::vector<float> cross(const std::vector<float>& lengths, float centre, size_t columns) {
  std::vector<float> rows;
  for (size_t direction = 0; direction < lengths.size(); ++direction)
    for (const float sign : {1.0F, -1.0F}) {
      std::vector<float> row(columns, centre);
      row[direction] += sign * lengths[direction];
      rows.insert(rows.end(), row.begin(), row.end());
    }
  return rows;
}

double rank_of(const std::vector<float>& rows, int64_t columns) {
  return effective_rank(rows, static_cast<int64_t>(rows.size()) / columns, columns, 0, columns);
}

TEST(EffectiveRank, IsTheNumberOfEquallyStrongDirections) {
  for (const size_t directions : {1U, 2U, 5U}) {
    const std::vector<float> lengths(directions, 3.0F);
    EXPECT_NEAR(rank_of(cross(lengths, 0, 5), 5), static_cast<double>(directions), 1e-9) << "more rows";
    EXPECT_NEAR(rank_of(cross(lengths, 0, 40), 40), static_cast<double>(directions), 1e-5) << "more columns";
  }
}

TEST(EffectiveRank, CountsWeakDirectionsForLess) {
  const double expected = std::exp(-0.75 * std::log(0.75) - 0.25 * std::log(0.25));
  EXPECT_NEAR(rank_of(cross({3, 1}, 0, 2), 2), expected, 1e-9);
  EXPECT_NEAR(rank_of(cross({6, 2}, 0, 9), 9), expected, 1e-5);
}

TEST(EffectiveRank, KnowsNothingOfTheMean) {
  EXPECT_NEAR(rank_of(cross({3, 1}, 100, 2), 2), rank_of(cross({3, 1}, 0, 2), 2), 1e-9);
}

TEST(EffectiveRank, OfRowsThatAreAllTheSameIsZero) {
  EXPECT_EQ(rank_of(std::vector<float>(30, 0.1F), 5), 0);
  EXPECT_EQ(rank_of(std::vector<float>(30, 0.0F), 5), 0) << "a dead layer";
  EXPECT_EQ(rank_of(std::vector<float>(5, 0.1F), 5), 0) << "a single row";
}

// Of the 12 x 7 matrix sin(0.7 r + 0.13 c^2 r + 0.3 c) in float32, by numpy.linalg.svd in float64.
TEST(EffectiveRank, AgreesWithNumPy) {
  constexpr int64_t kRows = 12, kColumns = 7, kStride = 10, kFirst = 2;
  std::vector<float> values(kRows * kStride, 1e6F);
  for (int64_t row = 0; row < kRows; ++row)
    for (int64_t column = 0; column < kColumns; ++column) {
      const auto r = static_cast<double>(row), c = static_cast<double>(column);
      values[static_cast<size_t>(row * kStride + kFirst + column)] =
          static_cast<float>(std::sin(0.7 * r + 0.13 * c * c * r + 0.3 * c));
    }
  EXPECT_NEAR(effective_rank(values, kRows, kStride, kFirst, kColumns), 6.54087427, 1e-5);
  EXPECT_NEAR(effective_rank(values, 5, kStride, kFirst, kColumns), 3.764129612, 1e-5)
      << "the first five rows";
}

// The last update of all is in no step's loss.
TEST(DeadUnits, RefuseWhatIsNoNumberAnyMore) {
  testing::ReferenceDevice reference;
  const Device device = reference.device();
  const std::vector<Tensor> features{device.tensor("layer1", TWOPASS_OUTPUT, 1, 2),
                                     device.tensor("layer2", TWOPASS_OUTPUT, 1, 2)};
  DeadUnits units(device, features);
  for (const double broken : {std::nan(""), HUGE_VAL}) {
    units.start();
    testing::ReferenceDevice::values(features[1])[1] = broken;
    units.look();
    EXPECT_THAT(
        [&] { units.shares(); },
        ::testing::ThrowsMessage<Error>(::testing::HasSubstr("activities of layer 2 are no longer numbers")));
  }
}

TEST(DeadUnits, AreThoseThatNoImageWakes) {
  testing::ReferenceDevice reference;
  const Device device = reference.device();
  const std::vector<Tensor> features{device.tensor("layer1", TWOPASS_OUTPUT, 2, 4),
                                     device.tensor("layer2", TWOPASS_OUTPUT, 2, 2)};
  DeadUnits units(device, features);
  const auto look = [&](const std::vector<double>& first, const std::vector<double>& second) {
    std::ranges::copy(first, testing::ReferenceDevice::values(features[0]).begin());
    std::ranges::copy(second, testing::ReferenceDevice::values(features[1]).begin());
    units.look();
  };
  units.start();
  look({0, 1, 0, 0, 0, 0, 0, 2}, {0, 0, 0, 0});
  EXPECT_THAT(units.shares(), ElementsAre(0.5, 1));
  look({0, 0, 3, 0, 0, 0, 0, 0}, {0, 0, 0, 0.1});
  EXPECT_THAT(units.shares(), ElementsAre(0.25, 0.5)) << "one look after the other";
  units.start();
  look({1, 1, 1, 1, 0, 0, 0, 0}, {0, 0, 0, 0});
  EXPECT_THAT(units.shares(), ElementsAre(0, 1)) << "from the start";
  units.start();
  look({-1, 0, 0, 0, -2, 0, 0, 0}, {0, 0, -1, 0});
  EXPECT_THAT(units.shares(), ElementsAre(0.75, 0.5)) << "below zero, as of tanh, is awake too";
}

TEST(GoodnessGap, IsThereForLayersWithPositivesAndNegatives) {
  nlohmann::json layers{{"layer1", {{"dead_units", 0}}}, {"layer2", {{"dead_units", 0}}}};
  add_goodness(layers, {},
               {{"layer1.goodness_positive", 12.5}, {"layer1.goodness_negative", 7}, {"layer2.loss", 1}});
  EXPECT_EQ(layers["layer1"]["goodness_gap"], 5.5);
  EXPECT_FALSE(layers["layer2"].contains("goodness_gap"));
}

}  // namespace
}  // namespace twopass::run
