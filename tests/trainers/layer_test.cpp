// What the SDK gives authors of trainers for layers and their updates.

#include "twopass/layer.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "pipeline/option_check.hpp"
#include "pipeline/option_values.hpp"
#include "small_network.hpp"
#include "twopass/random.hpp"
#include "twopass/testing/reference_backend.hpp"

namespace twopass::tests {
namespace {

using twopass::testing::ReferenceDevice;

// With the defaults of optimizer_options().
OptimizerSettings adam() {
  std::vector<pipeline::OptionValue> values;
  static constexpr auto kOptions = optimizer_options();
  for (const Option& option : kOptions) values.push_back(pipeline::default_value(option));
  return OptimizerSettings(pipeline::OptionValues(std::move(values)).typed());
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

TEST(InitialWeights, AreOthersForAnotherLayerAndSeed) {
  ReferenceDevice device;
  const Layer layer(device.device(), "layers.0", 50, 16, adam());
  std::vector<double>& values = device.values("layers.0.weight");
  layer.initialize(1, 0);
  const std::vector<double> first = values;
  const auto [smallest, largest] = std::ranges::minmax(first);
  EXPECT_GE(smallest, -0.25);
  EXPECT_LT(largest, 0.25);
  EXPECT_GT(largest - smallest, 0.45) << "they fill the range";
  layer.initialize(1, 1);
  EXPECT_NE(values, first);
  layer.initialize(2, 0);
  EXPECT_NE(values, first);
  layer.initialize(1, 0);
  EXPECT_EQ(values, first);
}

// Two steps, by the formulas of Kingma and Ba (2015), algorithm 1.
TEST(ALayer, StepsByTheGradientsOfItsSums) {
  ReferenceDevice device;
  const Tensor input = device.device().tensor("input", TWOPASS_INPUT, 2, 3);
  const Tensor delta = device.device().tensor("delta", TWOPASS_INPUT, 2, 1);
  ReferenceDevice::values(input) = {1, 2, 3, 4, 5, 6};
  ReferenceDevice::values(delta) = {0.5, -2};
  const std::vector<double> weight_gradient{0.5 * 1 - 2 * 4, 0.5 * 2 - 2 * 5, 0.5 * 3 - 2 * 6};
  const std::vector<double> bias_gradient{0.5 - 2};

  OptimizerSettings optimizer = adam();
  optimizer.learning_rate = 0.01;
  const Layer layer(device.device(), "layers.0", 1, 3, optimizer);
  Program program("step");
  const StepSlots slots(program);
  layer.record_update(program, delta, input, slots);
  const CompiledProgram compiled = device.device().compile(program);

  const auto stepped = [&](std::vector<double> values, const std::vector<double>& gradient) {
    for (size_t index = 0; index < values.size(); ++index) {
      double m = 0, v = 0;
      for (int number = 1; number <= 2; ++number) {
        m = 0.9 * m + 0.1 * gradient[index];
        v = 0.999 * v + 0.001 * gradient[index] * gradient[index];
        values[index] -=
            0.01 * m / (1 - std::pow(0.9, number)) / (std::sqrt(v / (1 - std::pow(0.999, number))) + 1e-8);
      }
    }
    return values;
  };
  for (int time = 0; time < 2; ++time) {  // the second time nothing may be left of the first
    layer.initialize(1, 0);
    const std::vector<double> weight = stepped(ReferenceDevice::values(layer.weight()), weight_gradient);
    const std::vector<double> bias = stepped(ReferenceDevice::values(layer.bias()), bias_gradient);
    for (const int64_t step : {0, 1}) compiled.run(optimizer.slot_values(step));
    EXPECT_THAT(ReferenceDevice::values(layer.weight()),
                ::testing::Pointwise(::testing::DoubleNear(1e-12), weight));
    EXPECT_THAT(ReferenceDevice::values(layer.bias()),
                ::testing::Pointwise(::testing::DoubleNear(1e-12), bias));
  }
}

}  // namespace
}  // namespace twopass::tests
