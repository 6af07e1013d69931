// A trainer that learns nothing and tells, as metrics, what the host told it.

#include <vector>

#include "twopass/layer.hpp"
#include "twopass/trainer.hpp"

namespace {

using namespace twopass;

class Witness : public Trainer {
 public:
  static std::span<const Option> options() { return {}; }

  Witness(const Values&, const Host&) {}

  TrainerOutputs build(const TrainerTask& task) override {
    device_ = task.device;
    labels_ = task.train_labels;
    TrainerOutputs outputs;
    outputs.metric_names = {"seed", "epoch", "first_step", "steps", "order", "mismatches"};
    outputs.metrics = metrics_ =
        device_.tensor("metrics", TWOPASS_OUTPUT, 1, std::ssize(outputs.metric_names));
    outputs.features = make_features(task);
    Program program("extract");
    for (const Tensor& features : outputs.features)
      program.copy(task.evaluation_images.column_range(0, features.columns()), features);
    extract_ = device_.compile(program);
    return outputs;
  }

  void initialize(uint64_t) override {}

  void begin_epoch(const Epoch& epoch) override {
    epoch_labels_.assign(epoch.labels.begin(), epoch.labels.end());
    seed_ = static_cast<float>(epoch.seed);
    epoch_ = static_cast<float>(epoch.epoch);
    first_step_ = static_cast<float>(epoch.first_step);
    order_ = steps_ = mismatches_ = 0;
    for (size_t row = 0; row < epoch_labels_.size(); ++row)
      order_ += static_cast<float>(row % 97) * static_cast<float>(epoch_labels_[row]);
  }

  // The host divides what it finds at the end of an epoch by the number of steps.
  void step(int64_t step) override {
    ++steps_;
    const std::vector<int32_t> labels = device_.download<int32_t>(labels_);
    for (size_t row = 0; row < labels.size(); ++row)
      if (labels[row] != epoch_labels_.at(static_cast<size_t>(step) * labels.size() + row)) ++mismatches_;
    std::vector<float> metrics{seed_, epoch_, first_step_, steps_, order_, mismatches_};
    for (float& metric : metrics) metric *= steps_;
    device_.upload(metrics_, metrics);
  }

  void score() override {}
  void extract() override { extract_.run(); }

 private:
  Device device_;
  Tensor labels_, metrics_;
  CompiledProgram extract_;
  std::vector<int32_t> epoch_labels_;
  float seed_ = 0, epoch_ = 0, first_step_ = 0, order_ = 0, steps_ = 0, mismatches_ = 0;
};

}  // namespace

TWOPASS_PLUGIN(Witness, "witness", "1.0.0", "Tells what it was told.")
