#include "run/layer_watch.hpp"

#include <gtest/gtest.h>

namespace twopass::run {
namespace {

nlohmann::json goodness(double positive, double negative) {
  return {{"layer1.goodness_positive", positive}, {"layer1.goodness_negative", negative}};
}

TEST(LayerWatch, NamesALayerWhoseGoodnessesBothStickToTheThreshold) {
  LayerWatch watch({10.0});
  const std::vector<std::string> warnings = watch.look(3, goodness(10.01, 10.0), {});
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].find("layer 1 has collapsed"), 0U) << warnings[0];
  EXPECT_TRUE(watch.look(4, goodness(10.01, 10.0), {}).empty()) << "told twice";
}

TEST(LayerWatch, LetsALayerLeaveItsThresholdFirst) {
  LayerWatch watch({10.0});
  for (const int64_t epoch : {1, 2}) EXPECT_TRUE(watch.look(epoch, goodness(10.0, 10.0), {}).empty());
}

TEST(LayerWatch, IsSilentAboutLayersThatTellPositivesFromNegatives) {
  LayerWatch watch({10.0});
  EXPECT_TRUE(watch.look(5, goodness(10.2, 9.8), {}).empty());
  EXPECT_TRUE(watch.look(6, goodness(14, 14), {}).empty());  // far from the threshold: something else
}

TEST(LayerWatch, NamesADeadLayer) {
  LayerWatch watch({});
  const std::vector<std::string> warnings = watch.look(1, nlohmann::json::object(), {0.2, 1.0});
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].find("layer 2 is dead"), 0U) << warnings[0];
}

}  // namespace
}  // namespace twopass::run
