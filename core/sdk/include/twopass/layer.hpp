#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "twopass/device.hpp"
#include "twopass/optimizer.hpp"
#include "twopass/program.hpp"
#include "twopass/random.hpp"
#include "twopass/trainer.hpp"

namespace twopass {

// A fully connected layer that an optimiser learns: weight [outputs, inputs], bias [1, outputs], and the
// optimiser's moments of both. Checkpoints hold all of them: the params NAME.weight and NAME.bias, called
// layers.N.weight in the network as PyTorch's Sequential would, and states such as NAME.weight.first_moment.
class Layer {
 public:
  // Without an optimiser it has no moments and cannot be updated.
  Layer(const Device& device, const std::string& name, int64_t outputs, int64_t inputs,
        const std::optional<OptimizerSettings>& optimizer)
      : device_(device),
        optimizer_(optimizer),
        weight_(device, name + ".weight", outputs, inputs, optimizer),
        bias_(device, name + ".bias", 1, outputs, optimizer) {}

  const Tensor& weight() const { return weight_.value; }
  const Tensor& bias() const { return bias_.value; }
  int64_t outputs() const { return weight().rows(); }
  int64_t inputs() const { return weight().columns(); }

  // Weights and biases uniform in +-1/sqrt(inputs) (PyTorch's default for a linear layer), moments zero.
  // Layers with an `index` of their own draw numbers of their own. In every trainer the hidden layers have 0,
  // 1, ..., so that under one seed all learning rules begin with the same network; others come after them.
  void initialize(uint64_t seed, uint64_t index) const {
    const float bound = 1.0F / std::sqrt(static_cast<float>(inputs()));
    weight_.initialize(device_, Random(seed, Purpose::kInitialWeights, 2 * index), bound);
    bias_.initialize(device_, Random(seed, Purpose::kInitialWeights, 2 * index + 1), bound);
  }

  // out [rows, outputs] = activation(input W^T + bias), with input [rows, inputs].
  void record(Program& program, const Tensor& input, const Tensor& out,
              twopass_unary activation = TWOPASS_RELU) const {
    program.gemm({.a = input,
                  .b = weight(),
                  .out = out,
                  .transpose_b = true,
                  .bias = bias(),
                  .activation = activation});
  }

  // A step of the optimiser, by the gradient of the loss: `delta` [rows, outputs], that with respect to
  // input W^T + bias, and the `input` [rows, inputs] that it belongs to. What the program records after it
  // sees the new weights, so a delta for the layer below is to be recorded before.
  void record_update(Program& program, const Tensor& delta, const Tensor& input, StepSlots slots) const {
    record_update(program, delta, slots, [&](const Tensor& gradient) {
      program.gemm({.a = delta, .b = input, .out = gradient, .transpose_a = true});
    });
  }
  // The same for a weight gradient [outputs, inputs] that is another sum of products: `record_product`
  // records it into the tensor that it is given. Product and update follow each other, so that a backend can
  // join them and need not write the gradient.
  template <class RecordProduct>
  void record_update(Program& program, const Tensor& delta, StepSlots slots,
                     const RecordProduct& record_product) const {
    if (!optimizer_)
      throw Error("layer '" + weight().buffer()->name + "' was made without an optimiser", TWOPASS_INTERNAL);
    const Tensor bias_gradient = program.temp("bias_gradient", 1, outputs());
    program.column_reduce(TWOPASS_SUM, delta, bias_gradient);
    const Tensor weight_gradient = program.temp("weight_gradient", outputs(), inputs());
    record_product(weight_gradient);
    weight_.record_update(program, weight_gradient, *optimizer_, slots);
    bias_.record_update(program, bias_gradient, *optimizer_, slots);
  }

 private:
  struct Parameter {
    Parameter(const Device& device, const std::string& name, int64_t rows, int64_t columns,
              const std::optional<OptimizerSettings>& optimizer)
        : value(device.tensor(name, TWOPASS_PARAM, rows, columns)) {
      if (optimizer) first_moment = device.tensor(name + ".first_moment", TWOPASS_STATE, rows, columns);
      if (optimizer && optimizer->kind == TWOPASS_ADAM)
        second_moment = device.tensor(name + ".second_moment", TWOPASS_STATE, rows, columns);
    }

    void initialize(const Device& device, Random random, float bound) const {
      std::vector<float> values(static_cast<size_t>(value.rows() * value.columns()));
      for (const Tensor& moment : {first_moment, second_moment})
        if (moment) device.upload(moment, values);
      for (float& number : values) number = random.uniform(-bound, bound);
      device.upload(value, values);
    }

    void record_update(Program& program, const Tensor& gradient, const OptimizerSettings& optimizer,
                       StepSlots slots) const {
      program.optimizer({.kind = optimizer.kind,
                         .gradient = gradient,
                         .weight = value,
                         .first_moment = first_moment,
                         .second_moment = second_moment,
                         .learning_rate = slots.learning_rate,
                         .step = slots.step,
                         .beta1 = optimizer.beta1,
                         .beta2 = optimizer.beta2,
                         .epsilon = optimizer.epsilon,
                         .weight_decay = optimizer.weight_decay,
                         .decoupled_decay = optimizer.decoupled_decay});
    }

    Tensor value, first_moment, second_moment;  // sgd has no second one
  };

  Device device_;
  std::optional<OptimizerSettings> optimizer_;
  Parameter weight_, bias_;
};

// The network that every trainer learns: the pipeline's hidden layers.
inline std::vector<Layer> hidden_layers(const TrainerTask& task,
                                        const std::optional<OptimizerSettings>& optimizer) {
  std::vector<Layer> layers;
  int64_t inputs = task.inputs();
  for (const int64_t width : task.network.hidden) {
    layers.emplace_back(task.device, "layers." + std::to_string(layers.size()), width, inputs, optimizer);
    inputs = width;
  }
  return layers;
}

// Initialises layers in their order, as those of index 0, 1, ...
inline void initialize_layers(const std::vector<Layer>& layers, uint64_t seed) {
  for (size_t index = 0; index < layers.size(); ++index) layers[index].initialize(seed, index);
}

// TrainerOutputs::features: a tensor [evaluation rows, width] per hidden layer.
inline std::vector<Tensor> make_features(const TrainerTask& task) {
  std::vector<Tensor> features;
  for (const int64_t width : task.network.hidden)
    features.push_back(task.device.tensor("layer" + std::to_string(features.size() + 1), TWOPASS_OUTPUT,
                                          task.evaluation_rows(), width));
  return features;
}

// The input of hidden layer `layer` (from 0): `below` [rows, columns], normalised as the network asks, in a
// temp.
inline Tensor record_input(Program& program, const Network& network, size_t layer, const Tensor& below) {
  Tensor input = program.temp("input", below.rows(), below.columns());
  program.row_normalize(network.normalization_of(layer), below, input, Tensor(), network.epsilon);
  return input;
}

// Runs `input` [evaluation rows, inputs], already normalised, through the hidden layers, the first of
// `layers`, into `features`, those of make_features.
inline void record_features(Program& program, const TrainerTask& task, const std::vector<Layer>& layers,
                            Tensor input, const std::vector<Tensor>& features) {
  for (size_t layer = 0; layer < features.size(); ++layer) {
    layers[layer].record(program, input, features[layer]);
    if (layer + 1 == features.size()) break;
    input = record_input(program, task.network, layer + 1, features[layer]);
  }
}

// The program that fills `features` from the evaluation images as they are: Trainer::extract of a trainer
// that writes no labels into pixels.
inline CompiledProgram compile_features(const TrainerTask& task, const std::vector<Layer>& layers,
                                        const std::vector<Tensor>& features) {
  Program program("extract");
  const Tensor input = record_input(program, task.network, 0, task.evaluation_images);
  record_features(program, task, layers, input, features);
  return task.device.compile(program);
}

}  // namespace twopass
