// Local classifiers: every layer learns from a softmax classifier of its own, and no gradient goes to the
// layer below (the prediction loss of Nøkland and Eidnes 2019, arXiv:1901.06656, section 2.2). Programs are
// recorded once, in `build`, and only replayed afterwards.

#include <string>
#include <vector>

#include "twopass/layer.hpp"
#include "twopass/trainer.hpp"

namespace {

using namespace twopass;

class MyPluginTrainer : public Trainer {
 public:
  // What an optimiser can be told; join_options puts options of your own beside it.
  static constexpr auto kOptions = optimizer_options("1e-3");
  static std::span<const Option> options() { return kOptions; }

  MyPluginTrainer(const Values& values, const Host&) : optimizer_(values) {}

  TrainerOutputs build(const TrainerTask& task) override {
    layers_ = hidden_layers(task, optimizer_);
    TrainerOutputs outputs;
    outputs.local = true;
    outputs.features = make_features(task);
    for (const Layer& layer : layers_) {
      const std::string number = std::to_string(classifiers_.size());
      classifiers_.emplace_back(task.device, "classifiers." + number, task.classes, layer.outputs(),
                                optimizer_);
      const std::string name = "layer" + std::to_string(classifiers_.size());
      outputs.score_names.push_back(name);
      outputs.metric_names.push_back(name + ".loss");
    }
    const int64_t count = std::ssize(layers_);
    outputs.scores =
        task.device.tensor("scores", TWOPASS_OUTPUT, task.evaluation_rows(), count * task.classes);
    outputs.metrics = task.device.tensor("metrics", TWOPASS_OUTPUT, 1, count);
    step_ = record_step(task, outputs.metrics);
    score_ = record_score(task, outputs.scores);
    extract_ = compile_features(task, layers_, outputs.features);
    return outputs;
  }

  void initialize(uint64_t seed) override {
    initialize_layers(layers_, seed);
    for (size_t layer = 0; layer < classifiers_.size(); ++layer)
      classifiers_[layer].initialize(seed, layers_.size() + layer);
  }

  void begin_epoch(const Epoch& epoch) override { first_step_ = epoch.first_step; }
  void step(int64_t step) override { step_.run(optimizer_.slot_values(first_step_ + step)); }
  void score() override { score_.run(); }
  void extract() override { extract_.run(); }

 private:
  // One step of every layer and its classifier on a batch of images, all in [rows, columns].
  CompiledProgram record_step(const TrainerTask& task, const Tensor& metrics) const {
    Program program("my_plugin.step");
    const StepSlots slots(program);
    const int64_t rows = task.batch_size();
    const double mean = 1.0 / static_cast<double>(rows);
    Tensor below = task.train_images;
    for (size_t index = 0; index < layers_.size(); ++index) {
      const Layer &layer = layers_[index], &classifier = classifiers_[index];
      const Tensor input = record_input(program, task.network, index, below);
      const Tensor h = program.temp("h", rows, layer.outputs());
      const Tensor logits = program.temp("logits", rows, task.classes);
      layer.record(program, input, h);  // with ReLU
      classifier.record(program, h, logits, TWOPASS_IDENTITY);
      const Tensor loss = program.temp("loss", rows, 1);
      const Tensor delta = program.temp("delta", rows, task.classes);  // of the mean loss, by the logits
      program.softmax_cross_entropy(logits, task.train_labels, loss, delta, mean);
      program.column_reduce(TWOPASS_SUM, loss, metrics.column_range(static_cast<int64_t>(index), 1), mean,
                            true);
      // Through the classifier, before it changes, and no further; zero where ReLU is off.
      const Tensor hidden_delta = program.temp("hidden_delta", rows, layer.outputs());
      program.gemm({.a = delta, .b = classifier.weight(), .out = hidden_delta, .mask = h});
      classifier.record_update(program, delta, h, slots);
      layer.record_update(program, hidden_delta, input, slots);
      below = h;
    }
    return task.device.compile(program);
  }

  // Each layer's classifier scores the classes; the last layer's accuracy is the run's.
  CompiledProgram record_score(const TrainerTask& task, const Tensor& scores) const {
    Program program("my_plugin.score");
    Tensor below = task.evaluation_images;
    for (size_t index = 0; index < layers_.size(); ++index) {
      const Tensor h = program.temp("h", below.rows(), layers_[index].outputs());
      layers_[index].record(program, record_input(program, task.network, index, below), h);
      classifiers_[index].record(
          program, h, scores.column_range(static_cast<int64_t>(index) * task.classes, task.classes),
          TWOPASS_IDENTITY);
      below = h;
    }
    return task.device.compile(program);
  }

  OptimizerSettings optimizer_;
  std::vector<Layer> layers_, classifiers_;
  int64_t first_step_ = 0;
  CompiledProgram step_, score_, extract_;
};

}  // namespace

TWOPASS_PLUGIN(MyPluginTrainer, "my_plugin", "0.1.0", "Every layer learns from a classifier of its own.")
