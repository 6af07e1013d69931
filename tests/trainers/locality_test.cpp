// What a Forward-Forward layer may know of the others: nothing.

#include <gtest/gtest.h>

#include "small_network.hpp"

namespace twopass::tests {
namespace {

class Locality : public ::testing::TestWithParam<const char*> {};

std::vector<std::vector<double>> weights_after_one_step(const std::string& negatives,
                                                        const std::string& thresholds) {
  SmallNetwork network(
      "{plugin: ff, batch_size: 6, negatives: " + negatives + ", layer_thresholds: " + thresholds + "}",
      "normalization: layer_norm");
  network.step(0);
  std::vector<std::vector<double>> weights;
  for (size_t layer = 0; layer < kHidden.size(); ++layer)
    weights.push_back(network.values("layers." + std::to_string(layer) + ".weight"));
  return weights;
}

TEST_P(Locality, OneLayersLossMovesNoOtherLayer) {
  const auto before = weights_after_one_step(GetParam(), "[1.5, 1.5, 1.5]");
  for (size_t perturbed = 0; perturbed < kHidden.size(); ++perturbed) {
    std::string thresholds = "[1.5, 1.5, 1.5]";
    thresholds.replace(1 + 5 * perturbed, 3, "0.3");
    const auto after = weights_after_one_step(GetParam(), thresholds);
    for (size_t layer = 0; layer < kHidden.size(); ++layer) {
      if (layer == perturbed)
        EXPECT_NE(before[layer], after[layer]) << "layer " << layer << " does not learn from its own loss";
      else
        EXPECT_EQ(before[layer], after[layer])
            << "layer " << layer << " moved with the loss of layer " << perturbed;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Negatives, Locality, ::testing::Values("wrong_label", "hybrid_images"));

// The summed loss of all layers, through backpropagation, is where locality ends: the control of the test
// above.
TEST(Backpropagation, IsNotLocal) {
  const auto weights = [](const std::string& thresholds) {
    SmallNetwork network(
        "{plugin: bp, loss: goodness_all, batch_size: 6, layer_thresholds: " + thresholds + "}",
        "normalization: layer_norm");
    network.step(0);
    return network.values("layers.0.weight");
  };
  EXPECT_NE(weights("[1.5, 1.5, 1.5]"), weights("[1.5, 1.5, 0.3]"));
}

}  // namespace
}  // namespace twopass::tests
