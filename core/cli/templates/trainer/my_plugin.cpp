// Local classifiers: every layer learns from a softmax classifier of its own, and no gradient goes to the
// layer below (the prediction loss of Nøkland and Eidnes 2019, arXiv:1901.06656, section 2.2). Programs are
// recorded once, in `build`, and only replayed afterwards.

#include <array>
#include <string>
#include <vector>

#include "twopass/trainer.hpp"
#include "twopass/weights.hpp"

namespace {

using namespace twopass;

constexpr std::array kOptions = {
    number("learning_rate", "1e-3", "Adam's step size, the same over the whole run.").above(0).at_most(1),
};

struct Layer {
  AdamWeights hidden, classifier;
};

class MyPluginTrainer : public Trainer {
 public:
  static std::span<const Option> options() { return kOptions; }

  MyPluginTrainer(const Values& values, const Host&) : learning_rate_(values.number("learning_rate")) {}

  TrainerOutputs build(const TrainerTask& task) override {
    device_ = task.device;
    TrainerOutputs outputs;
    outputs.local = true;
    int64_t inputs = task.inputs();
    for (const int64_t width : task.network.hidden) {
      const std::string number = std::to_string(layers_.size());
      layers_.push_back({{device_, "layers." + number, width, inputs},
                         {device_, "classifiers." + number, task.classes, width}});
      const std::string name = "layer" + std::to_string(layers_.size());
      outputs.score_names.push_back(name);
      outputs.metric_names.push_back(name + ".loss");
      outputs.features.push_back(device_.tensor(name, TWOPASS_OUTPUT, task.evaluation_rows(), width));
      inputs = width;
    }
    const int64_t count = std::ssize(layers_);
    outputs.scores = device_.tensor("scores", TWOPASS_OUTPUT, task.evaluation_rows(), count * task.classes);
    outputs.metrics = device_.tensor("metrics", TWOPASS_OUTPUT, 1, count);
    record_step(task, outputs.metrics);
    record_evaluation(task, outputs);
    return outputs;
  }

  void initialize(uint64_t seed) override {
    uint64_t stream = 0;
    for (const Layer& layer : layers_)
      for (const AdamWeights* weights : {&layer.hidden, &layer.classifier})
        weights->initialize(seed, stream++);
  }

  void begin_epoch(const Epoch& epoch) override { first_step_ = epoch.first_step; }
  void step(int64_t step) override {
    step_.run({learning_rate_, static_cast<double>(first_step_ + step + 1)});
  }
  void score() override { score_.run(); }
  void extract() override { extract_.run(); }

 private:
  // Returns the layer's normalised input; h = relu(input W^T).
  Tensor record_layer(Program& program, const TrainerTask& task, size_t layer, const Tensor& below,
                      const Tensor& h) const {
    const Tensor input = program.temp("input", below.rows(), below.columns());
    program.row_normalize(task.network.normalization_of(layer), below, input, Tensor(), task.network.epsilon);
    program.gemm({.a = input,
                  .b = layers_[layer].hidden.value(),
                  .out = h,
                  .transpose_b = true,
                  .activation = TWOPASS_RELU});
    return input;
  }

  void record_step(const TrainerTask& task, const Tensor& metrics) {
    Program program("my_plugin.step");
    const Slot rate = program.slot(), number = program.slot();
    const int64_t rows = task.batch_size();
    const double mean = 1.0 / static_cast<double>(rows);
    Tensor below = task.train_images;
    for (size_t index = 0; index < layers_.size(); ++index) {
      const Layer& layer = layers_[index];
      const Tensor h = program.temp("h", rows, layer.hidden.value().rows());
      const Tensor input = record_layer(program, task, index, below, h);
      const Tensor logits = program.temp("logits", rows, task.classes);
      const Tensor loss = program.temp("loss", rows, 1);
      const Tensor delta = program.temp("delta", rows, task.classes);
      program.gemm({.a = h, .b = layer.classifier.value(), .out = logits, .transpose_b = true});
      program.softmax_cross_entropy(logits, task.train_labels, loss, delta, mean);
      program.column_reduce(TWOPASS_SUM, loss, metrics.column_range(static_cast<int64_t>(index), 1), mean,
                            true);
      // Through the classifier, before it changes, and no further; zero where ReLU is off.
      const Tensor hidden_delta = program.temp("hidden_delta", rows, h.columns());
      program.gemm({.a = delta, .b = layer.classifier.value(), .out = hidden_delta, .mask = h});
      layer.classifier.record_update(program, delta, h, rate, number);
      layer.hidden.record_update(program, hidden_delta, input, rate, number);
      below = h;
    }
    step_ = device_.compile(program);
  }

  void record_evaluation(const TrainerTask& task, const TrainerOutputs& outputs) {
    Program score("my_plugin.score"), extract("my_plugin.extract");
    Tensor below = task.evaluation_images;
    for (size_t index = 0; index < layers_.size(); ++index) {
      const Tensor& features = outputs.features[index];
      record_layer(extract, task, index, index == 0 ? below : outputs.features[index - 1], features);
      const Tensor h = score.temp("h", features.rows(), features.columns());
      record_layer(score, task, index, below, h);
      score.gemm(
          {.a = h,
           .b = layers_[index].classifier.value(),
           .out = outputs.scores.column_range(static_cast<int64_t>(index) * task.classes, task.classes),
           .transpose_b = true});
      below = h;
    }
    score_ = device_.compile(score);
    extract_ = device_.compile(extract);
  }

  double learning_rate_;
  Device device_;
  std::vector<Layer> layers_;
  int64_t first_step_ = 0;
  CompiledProgram step_, score_, extract_;
};

}  // namespace

TWOPASS_PLUGIN(MyPluginTrainer, "my_plugin", "0.1.0", "Every layer learns from a classifier of its own.")
