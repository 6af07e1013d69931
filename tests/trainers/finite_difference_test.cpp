// Gradients of the trainers against central differences of the losses that they report, in float64.

#include <gtest/gtest.h>

#include "small_network.hpp"

namespace twopass::tests {
namespace {

// The loss that layer `layer`'s weights are trained on: Forward-Forward's is the layer's own.
double loss_of(SmallNetwork& network, const std::string& trainer, size_t layer) {
  const std::vector<double> metrics = network.step(0);
  if (trainer.find("plugin: ff") != std::string::npos) return metrics.at(3 * layer);
  if (trainer.find("goodness_all") != std::string::npos) return metrics[0] + metrics[3] + metrics[6];
  if (trainer.find("goodness_last") != std::string::npos) return metrics.at(6);
  return metrics.at(0);
}

class FiniteDifferences : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(FiniteDifferences, AgreeWithTheGradients) {
  const auto& [trainer, normalization] = GetParam();
  const std::string options = "{batch_size: 6, learning_rate: 1e-4, " + trainer + "}";
  const std::string network_options = "normalization: " + normalization;
  SmallNetwork network(options, network_options);
  network.step(0);
  constexpr double kStep = 1e-6;
  for (size_t layer = 0; layer < kHidden.size(); ++layer) {
    for (const char* kind : {".weight", ".bias"}) {
      const std::string name = "layers." + std::to_string(layer) + kind;
      const std::vector<double> gradient = network.gradient(name);
      for (size_t index = 0; index < gradient.size(); index += 7) {
        double losses[2];
        for (const int side : {0, 1}) {
          SmallNetwork moved(options, network_options);
          moved.values(name)[index] += side == 0 ? -kStep : kStep;
          losses[side] = loss_of(moved, trainer, layer);
        }
        ASSERT_NEAR((losses[1] - losses[0]) / (2 * kStep), gradient[index], 2e-8)
            << name << " value " << index;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, FiniteDifferences,
    ::testing::Combine(::testing::Values("plugin: ff, goodness: norm, threshold: 1.5",
                                         "plugin: ff, goodness: sum_squares, threshold: 2",
                                         "plugin: ff, goodness: mean_squares, threshold: 0.4",
                                         "plugin: ff, negatives: hybrid_images, threshold: 1.5", "plugin: bp",
                                         "plugin: bp, loss: goodness_last, threshold: 1.5",
                                         "plugin: bp, loss: goodness_all, threshold: 1.5"),
                       ::testing::Values("none", "layer_norm", "unit_length", "unit_rms")));

}  // namespace
}  // namespace twopass::tests
