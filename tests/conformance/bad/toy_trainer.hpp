#pragma once

// A trainer of layers that each learn through a classifier of their own. It is good, or breaks one rule: its
// option `fault` says which.

#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "twopass/trainer.hpp"

namespace {

using namespace twopass;

constexpr std::array<twopass_choice, 14> kFaults{{
    {"none", "behaves"},
    {"shape", "offers scores of the wrong shape"},
    {"role", "keeps its scores as a state"},
    {"uncompiled", "forgets to compile what extracts features"},
    {"rows", "evaluates no more rows than a batch has"},
    {"climbs", "goes up where it should go down"},
    {"frozen", "learns nothing"},
    {"crash", "aborts in a step"},
    {"seed", "draws its weights from what was before"},
    {"resume", "counts its steps where no checkpoint sees it"},
    {"local", "hands gradients down and says that it is local"},
    {"memory", "takes missing memory for a bug"},
    {"signals", "ignores a signal once it takes steps"},
    {"waits", "reads its metrics in every step"},
}};

class ToyTrainer : public Trainer {
 public:
  static constexpr std::array<Option, 1> kOptions{choice("fault", "none", kFaults, "What is wrong with it.")};
  static std::span<const Option> options() { return kOptions; }

  ToyTrainer(const Values& values, const Host&) : fault_(values.choice("fault")) {}

  TrainerOutputs build(const TrainerTask& task) override {
    try {
      return build_good(task);
    } catch (const Error&) {
      if (fault_ == "memory") throw std::logic_error("no tensor");
      throw;
    }
  }

  void initialize(uint64_t seed) override {
    steps_ = 0;
    if (fault_ == "seed") seed += initialized_++;
    Random random(seed, Purpose::kInitialWeights);
    for (const Layer& layer : layers_)
      for (const Tensor& tensor : {layer.weight, layer.head, layer.weight_moment, layer.head_moment}) {
        std::vector<float> values(static_cast<size_t>(tensor.rows() * tensor.columns()));
        if (tensor.buffer()->role == TWOPASS_PARAM)
          for (float& value : values) value = random.uniform(-0.5F, 0.5F);
        device_.upload(tensor, values);
      }
  }

  void begin_epoch(const Epoch&) override {}

  void step(int64_t) override {
    ++steps_;
    if (fault_ == "crash") std::abort();
    if (fault_ == "signals") std::signal(SIGFPE, SIG_IGN);
    double rate = 0.05;
    if (fault_ == "climbs") rate = -0.05;
    if (fault_ == "frozen") rate = 0;
    if (fault_ == "resume") rate /= static_cast<double>(steps_);
    step_.run({rate});
    if (fault_ == "waits") device_.download<float>(metrics_);
  }

  void score() override { evaluate_.run(); }
  void extract() override { evaluate_.run(); }

 private:
  struct Layer {
    Tensor weight, head, weight_moment, head_moment;
  };

  TrainerOutputs build_good(const TrainerTask& task) {
    device_ = task.device;
    TrainerOutputs outputs;
    outputs.metric_names = {"loss"};
    outputs.metrics = metrics_ = device_.tensor("metrics", TWOPASS_OUTPUT, 1, 1);
    outputs.score_names = {"last"};
    outputs.scores = device_.tensor("scores", fault_ == "role" ? TWOPASS_STATE : TWOPASS_OUTPUT,
                                    task.evaluation_rows(), task.classes + (fault_ == "shape" ? 1 : 0));
    outputs.local = true;
    int64_t inputs = task.inputs();
    for (const int64_t width : task.network.hidden) {
      const std::string name = std::to_string(layers_.size());
      layers_.push_back({device_.tensor("weight" + name, TWOPASS_PARAM, width, inputs),
                         device_.tensor("head" + name, TWOPASS_PARAM, task.classes, width),
                         device_.tensor("weight_moment" + name, TWOPASS_STATE, width, inputs),
                         device_.tensor("head_moment" + name, TWOPASS_STATE, task.classes, width)});
      outputs.features.push_back(device_.tensor("features", TWOPASS_OUTPUT, task.evaluation_rows(), width));
      inputs = width;
    }
    step_ = record_step(task);
    if (fault_ != "shape" && fault_ != "uncompiled") evaluate_ = record_evaluation(task, outputs);
    return outputs;
  }

  CompiledProgram record_step(const TrainerTask& task) const {
    Program program("toy.step");
    const Slot rate = program.slot();
    const int64_t rows = task.batch_size();
    std::vector<Tensor> inputs{task.train_images}, outputs, gradients;
    for (const Layer& layer : layers_) {
      const int64_t width = layer.weight.rows();
      outputs.push_back(program.temp("h", rows, width));
      gradients.push_back(program.temp("dh", rows, width));
      const Tensor h = outputs.back(), logits = program.temp("logits", rows, task.classes),
                   errors = program.temp("errors", rows, task.classes), loss = program.temp("loss", rows, 1),
                   head_gradient = program.temp("dhead", task.classes, width);
      program.gemm(
          {.a = inputs.back(), .b = layer.weight, .out = h, .transpose_b = true, .activation = TWOPASS_RELU});
      program.gemm({.a = h, .b = layer.head, .out = logits, .transpose_b = true});
      program.softmax_cross_entropy(logits, task.train_labels, loss, errors, 1.0 / static_cast<double>(rows));
      program.column_reduce(TWOPASS_SUM, loss, metrics_);
      program.gemm({.a = errors, .b = layer.head, .out = gradients.back(), .mask = h});
      program.gemm({.a = errors, .b = h, .out = head_gradient, .transpose_a = true});
      record_update(program, head_gradient, layer.head, layer.head_moment, rate);
      inputs.push_back(program.temp("x", rows, width));
      program.row_normalize(TWOPASS_UNIT_RMS, h, inputs.back(), {}, 1e-3);
    }
    for (size_t index = layers_.size(); index-- > 0;) {
      const Layer& layer = layers_[index];
      if (fault_ == "local" && index > 0)
        program.gemm({.a = gradients[index],
                      .b = layer.weight,
                      .out = gradients[index - 1],
                      .beta = 1,
                      .mask = outputs[index - 1]});
      const Tensor gradient = program.temp("dweight", layer.weight.rows(), layer.weight.columns());
      program.gemm({.a = gradients[index], .b = inputs[index], .out = gradient, .transpose_a = true});
      record_update(program, gradient, layer.weight, layer.weight_moment, rate);
    }
    return device_.compile(program);
  }

  static void record_update(Program& program, const Tensor& gradient, const Tensor& weight,
                            const Tensor& moment, Slot rate) {
    program.optimizer({.kind = TWOPASS_SGD,
                       .gradient = gradient,
                       .weight = weight,
                       .first_moment = moment,
                       .learning_rate = rate});
  }

  CompiledProgram record_evaluation(const TrainerTask& task, const TrainerOutputs& outputs) const {
    Program program("toy.evaluate");
    const int64_t rows = fault_ == "rows" ? task.batch_size() : task.evaluation_rows();
    Tensor input = task.evaluation_images.row_range(0, rows);
    for (size_t index = 0; index < layers_.size(); ++index) {
      const Tensor h = outputs.features[index].row_range(0, rows);
      program.gemm({.a = input,
                    .b = layers_[index].weight,
                    .out = h,
                    .transpose_b = true,
                    .activation = TWOPASS_RELU});
      input = program.temp("x", h.rows(), h.columns());
      program.row_normalize(TWOPASS_UNIT_RMS, h, input, {}, 1e-3);
    }
    program.gemm({.a = outputs.features.back().row_range(0, rows),
                  .b = layers_.back().head,
                  .out = outputs.scores.row_range(0, rows),
                  .transpose_b = true});
    return device_.compile(program);
  }

  std::string fault_;
  uint64_t initialized_ = 0;
  int64_t steps_ = 0;
  Device device_;
  std::vector<Layer> layers_;
  Tensor metrics_;
  CompiledProgram step_, evaluate_;
};

}  // namespace
