#include "mlp/mlp.hpp"

#include <cmath>

namespace twopass::mlp {

Mlp::Mlp(const TrainerTask& task, const std::optional<OptimizerSettings>& optimizer, int64_t outputs)
    : device_(task.device), optimizer_(optimizer) {
  std::vector<int64_t> widths = task.network.hidden;
  if (outputs > 0) widths.push_back(outputs);

  int64_t inputs = task.inputs();
  for (size_t index = 0; index < widths.size(); ++index) {
    const std::string name = "layers." + std::to_string(index);
    const auto tensor = [&](const std::string& suffix, twopass_role role, int64_t rows, int64_t columns) {
      return device_.tensor(name + suffix, role, rows, columns);
    };
    const int64_t width = widths[index];
    Layer layer;
    layer.weight = tensor(".weight", TWOPASS_PARAM, width, inputs);
    layer.bias = tensor(".bias", TWOPASS_PARAM, 1, width);
    if (optimizer_) {
      layer.weight_first = tensor(".weight.first_moment", TWOPASS_STATE, width, inputs);
      layer.bias_first = tensor(".bias.first_moment", TWOPASS_STATE, 1, width);
    }
    if (optimizer_ && optimizer_->kind == TWOPASS_ADAM) {
      layer.weight_second = tensor(".weight.second_moment", TWOPASS_STATE, width, inputs);
      layer.bias_second = tensor(".bias.second_moment", TWOPASS_STATE, 1, width);
    }
    layers_.push_back(layer);
    inputs = width;
  }
}

void Mlp::initialize(uint64_t seed) const {
  std::vector<float> values;
  const auto upload_uniform = [&](const Tensor& tensor, float bound, uint64_t stream) {
    values.resize(static_cast<size_t>(tensor.rows() * tensor.columns()));
    Random random(seed, Purpose::kInitialWeights, stream);
    for (float& value : values) value = random.uniform(-bound, bound);
    device_.upload(tensor, values);
  };
  const auto upload_zeros = [&](const Tensor& tensor) {
    if (!tensor) return;
    values.assign(static_cast<size_t>(tensor.rows() * tensor.columns()), 0.0F);
    device_.upload(tensor, values);
  };

  uint64_t stream = 0;
  for (const Layer& layer : layers_) {
    const float bound = 1.0F / std::sqrt(static_cast<float>(layer.weight.columns()));
    upload_uniform(layer.weight, bound, stream++);
    upload_uniform(layer.bias, bound, stream++);
    for (const Tensor& moment :
         {layer.weight_first, layer.weight_second, layer.bias_first, layer.bias_second})
      upload_zeros(moment);
  }
}

void Mlp::record_update(Program& program, size_t layer, const Tensor& weight_gradient,
                        const Tensor& bias_gradient, StepSlots slots) const {
  const Layer& target = layers_[layer];
  const auto update = [&](const Tensor& gradient, const Tensor& weight, const Tensor& first,
                          const Tensor& second) {
    program.optimizer({optimizer_->kind, gradient, weight, first, second, slots.learning_rate, slots.step,
                       optimizer_->beta1, optimizer_->beta2, optimizer_->epsilon, optimizer_->weight_decay,
                       optimizer_->decoupled_decay});
  };
  update(weight_gradient, target.weight, target.weight_first, target.weight_second);
  update(bias_gradient, target.bias, target.bias_first, target.bias_second);
}

void record_layer(Program& program, const Layer& layer, const Tensor& input, const Tensor& h) {
  program.gemm({.a = input,
                .b = layer.weight,
                .out = h,
                .transpose_b = true,
                .bias = layer.bias,
                .activation = TWOPASS_RELU});
}

std::vector<Tensor> make_features(const TrainerTask& task) {
  std::vector<Tensor> features;
  for (size_t layer = 0; layer < task.network.hidden.size(); ++layer)
    features.push_back(task.device.tensor("layer" + std::to_string(layer + 1), TWOPASS_OUTPUT,
                                          task.evaluation_rows(), task.network.hidden[layer]));
  return features;
}

void record_feature_layers(Program& program, const TrainerTask& task, const Mlp& mlp, Tensor input,
                           const std::vector<Tensor>& features) {
  for (size_t layer = 0; layer < features.size(); ++layer) {
    const Tensor& h = features[layer];
    record_layer(program, mlp.layers()[layer], input, h);
    if (layer + 1 == features.size()) break;
    input = program.temp("input", h.rows(), h.columns());
    program.row_normalize(task.network.normalization_of(layer + 1), h, input, Tensor(), task.network.epsilon);
  }
}

CompiledProgram compile_features(const TrainerTask& task, const Mlp& mlp,
                                 const std::vector<Tensor>& features) {
  Program program("extract");
  const Tensor input = program.temp("input", task.evaluation_rows(), task.inputs());
  program.row_normalize(task.network.normalization_of(0), task.evaluation_images, input, Tensor(),
                        task.network.epsilon);
  record_feature_layers(program, task, mlp, input, features);
  return task.device.compile(program);
}

}  // namespace twopass::mlp
