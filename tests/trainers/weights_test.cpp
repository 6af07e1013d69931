// What the SDK gives authors of trainers for weights and their updates.

#include "twopass/weights.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "small_network.hpp"
#include "twopass/random.hpp"
#include "twopass/testing/reference_backend.hpp"

namespace twopass::tests {
namespace {

using testing::ReferenceDevice;

TEST(AdamWeights, BeginUniformByTheirSeedAndStream) {
  ReferenceDevice device;
  const AdamWeights weights(device.device(), "layers.0", 50, 16);
  std::vector<double>& values = device.values("layers.0.weight");
  weights.initialize(1, 0);
  const std::vector<double> first = values;
  const auto [smallest, largest] = std::ranges::minmax(first);
  EXPECT_GE(smallest, -0.25);
  EXPECT_LT(largest, 0.25);
  EXPECT_GT(largest - smallest, 0.45) << "they fill the range";
  weights.initialize(1, 1);
  EXPECT_NE(values, first);
  weights.initialize(2, 0);
  EXPECT_NE(values, first);
  weights.initialize(1, 0);
  EXPECT_EQ(values, first);
}

// A network's numbers are its seed's on every machine and in every version, or no run could be repeated.
TEST(InitialWeights, AreUniformFromTheStreamOfTheirTensor) {
  for (const std::string plugin : {"ff", "bp"}) {
    SmallNetwork network("{plugin: " + plugin + ", batch_size: 6}", "normalization: layer_norm");
    network.trainer().initialize(5);
    int64_t inputs = kPixels;
    for (size_t layer = 0; layer < kHidden.size(); inputs = kHidden[layer++])
      for (const bool bias : {false, true}) {
        const float bound = 1.0F / std::sqrt(static_cast<float>(inputs));
        Random random(5, Purpose::kInitialWeights, 2 * layer + (bias ? 1 : 0));
        for (const double value :
             network.values("layers." + std::to_string(layer) + (bias ? ".bias" : ".weight")))
          ASSERT_EQ(value, static_cast<double>(random.uniform(-bound, bound)))
              << plugin << ", layer " << layer + 1;
      }
  }
}

// Two steps, by the formulas of Kingma and Ba (2015), algorithm 1.
TEST(AdamWeights, StepByTheGradientOfTheirProduct) {
  constexpr double kRate = 0.01;
  ReferenceDevice device;
  const Tensor input = device.device().tensor("input", TWOPASS_INPUT, 2, 3);
  const Tensor delta = device.device().tensor("delta", TWOPASS_INPUT, 2, 1);
  ReferenceDevice::values(input) = {1, 2, 3, 4, 5, 6};
  ReferenceDevice::values(delta) = {0.5, -2};
  const std::vector<double> gradient{0.5 * 1 - 2 * 4, 0.5 * 2 - 2 * 5, 0.5 * 3 - 2 * 6};

  const AdamWeights weights(device.device(), "layers.0", 1, 3);
  Program program("step");
  const Slot rate = program.slot(), step = program.slot();
  weights.record_update(program, delta, input, rate, step);
  const CompiledProgram compiled = device.device().compile(program);

  for (int time = 0; time < 2; ++time) {  // the second time nothing may be left of the first
    weights.initialize(1, 0);
    std::vector<double> expected = ReferenceDevice::values(weights.value());
    for (size_t index = 0; index < expected.size(); ++index) {
      double m = 0, v = 0;
      for (int number = 1; number <= 2; ++number) {
        m = 0.9 * m + 0.1 * gradient[index];
        v = 0.999 * v + 0.001 * gradient[index] * gradient[index];
        expected[index] -=
            kRate * m / (1 - std::pow(0.9, number)) / (std::sqrt(v / (1 - std::pow(0.999, number))) + 1e-8);
      }
    }
    compiled.run({kRate, 1});
    compiled.run({kRate, 2});
    const std::vector<double>& actual = ReferenceDevice::values(weights.value());
    for (size_t index = 0; index < expected.size(); ++index)
      EXPECT_NEAR(actual[index], expected[index], 1e-12);
  }
}

}  // namespace
}  // namespace twopass::tests
