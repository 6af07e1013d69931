// The network that nobody trains: the control of every pretraining as a run of its own. Its weights are those
// that `ff` and `bp` begin with under the same seed, so with the same label pixels its probes are the
// `untrained` controls of their runs.

#include <optional>
#include <vector>

#include "mlp/mlp.hpp"
#include "twopass/trainer.hpp"

namespace twopass {
namespace {

class Untrained : public Trainer {
 public:
  static std::span<const Option> options() { return {}; }

  Untrained(const Values& /*values*/, const Host& /*host*/) {}

  TrainerOutputs build(const TrainerTask& task) override {
    device_ = task.device;
    mlp_.emplace(task, std::nullopt, 0);
    TrainerOutputs outputs;
    outputs.metric_names = {"updates"};
    outputs.metrics = device_.tensor("metrics", TWOPASS_OUTPUT, 1, 1);
    outputs.score_names = {"guess"};
    outputs.scores = scores_ = device_.tensor("scores", TWOPASS_OUTPUT, task.evaluation_rows(), task.classes);
    outputs.features = mlp::make_features(task);
    outputs.local = true;
    extract_program_ = mlp::compile_features(task, *mlp_, outputs.features);
    return outputs;
  }

  void initialize(uint64_t seed) override {
    mlp_->initialize(seed);
    // A network that was never told what the classes are has no opinion: all are equally likely, and argmax
    // takes the first.
    device_.upload(scores_,
                   std::vector<float>(static_cast<size_t>(scores_.rows() * scores_.columns()), 0.0F));
  }

  void begin_epoch(const Epoch& /*epoch*/) override {}
  void step(int64_t /*step*/) override {}
  void score() override {}
  void extract() override { extract_program_.run(); }

 private:
  Device device_;
  std::optional<mlp::Mlp> mlp_;
  Tensor scores_;
  CompiledProgram extract_program_;
};

}  // namespace
}  // namespace twopass

TWOPASS_PLUGIN(twopass::Untrained, "none", "1.0.0",
               "The untrained network, as a control: learns nothing and guesses the first pretext class.")
