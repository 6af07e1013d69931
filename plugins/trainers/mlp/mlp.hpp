#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mlp/optimizer.hpp"
#include "twopass/trainer.hpp"

namespace twopass::mlp {

// One fully connected layer with the optimiser's state. weight is [outputs, inputs], bias [1, outputs].
struct Layer {
  Tensor weight, bias;
  Tensor weight_first, weight_second, bias_first, bias_second;  // moments; sgd has no second ones
};

// Scalars that change from step to step. Programs that update weights make these slots first, in this order.
struct StepSlots {
  Slot learning_rate, step;
};

// The network that every trainer here learns: the pipeline's hidden layers and, if `outputs` > 0, a linear
// layer of that many units on top. Parameters are called layers.N.weight and layers.N.bias, as PyTorch's
// Sequential would.
class Mlp {
 public:
  // Without an optimizer it has no moments and cannot be updated.
  Mlp(const TrainerTask& task, const std::optional<OptimizerSettings>& optimizer, int64_t outputs);

  const std::vector<Layer>& layers() const { return layers_; }

  // Uniform in +-1/sqrt(inputs), weights and biases alike, moments zero (PyTorch's default for a linear
  // layer).
  void initialize(uint64_t seed) const;

  StepSlots step_slots(Program& program) const { return {program.slot(), program.slot()}; }
  // Values of those slots for step `step` (from 0) of the whole run.
  std::vector<double> slot_values(int64_t step) const {
    return {optimizer_->learning_rate, static_cast<double>(step + 1)};
  }
  // Updates one layer from its gradients, shaped as weight and bias.
  void record_update(Program& program, size_t layer, const Tensor& weight_gradient,
                     const Tensor& bias_gradient, StepSlots slots) const;

 private:
  Device device_;
  std::optional<OptimizerSettings> optimizer_;
  std::vector<Layer> layers_;
};

// h[rows, width] of layer `layer` = relu(input W^T + bias).
void record_layer(Program& program, const Layer& layer, const Tensor& input, const Tensor& h);

// One feature tensor per hidden layer, [evaluation rows, width], named layer1, layer2, ...
std::vector<Tensor> make_features(const TrainerTask& task);

// Runs `input` (already normalised) through the hidden layers into `features`, raw or normalised as the task
// asks.
void record_feature_layers(Program& program, const TrainerTask& task, const Mlp& mlp, Tensor input,
                           const std::vector<Tensor>& features);

// The program that fills `features` from the evaluation images as they are, without label pixels.
CompiledProgram compile_features(const TrainerTask& task, const Mlp& mlp,
                                 const std::vector<Tensor>& features);

}  // namespace twopass::mlp
