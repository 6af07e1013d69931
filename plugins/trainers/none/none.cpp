// The network that nobody trains: the control of every pretraining as a run of its own. Its weights are those
// that `ff` and `bp` begin with under the same seed, so with the same label pixels its probes are the
// `untrained` controls of their runs.

#include <vector>

#include "twopass/layer.hpp"
#include "twopass/trainer.hpp"

namespace twopass {
namespace {

class Untrained : public Trainer {
 public:
  static std::span<const Option> options() { return {}; }

  Untrained(const Values& /*values*/, const Host& /*host*/) {}

  TrainerOutputs build(const TrainerTask& task) override {
    layers_ = hidden_layers(task, std::nullopt);
    TrainerOutputs outputs;
    outputs.metric_names = {"updates"};
    outputs.metrics = task.device.tensor("metrics", TWOPASS_OUTPUT, 1, 1);
    // Zero for ever: a network that was never told what the classes are has no opinion. All are equally
    // likely, and argmax takes the first.
    outputs.score_names = {"guess"};
    outputs.scores = task.device.tensor("scores", TWOPASS_OUTPUT, task.evaluation_rows(), task.classes);
    outputs.features = make_features(task);
    outputs.local = true;
    extract_program_ = compile_features(task, layers_, outputs.features);
    return outputs;
  }

  void initialize(uint64_t seed) override { initialize_layers(layers_, seed); }
  void begin_epoch(const Epoch& /*epoch*/) override {}
  void step(int64_t /*step*/) override {}
  void score() override {}
  void extract() override { extract_program_.run(); }

 private:
  std::vector<Layer> layers_;
  CompiledProgram extract_program_;
};

}  // namespace
}  // namespace twopass

TWOPASS_PLUGIN(twopass::Untrained, "none", "1.0.0",
               "The untrained network, as a control: learns nothing and guesses the first pretext class.")
