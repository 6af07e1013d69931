// A trainer that lies; its option `fault` says about what.

#include <array>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include "twopass/trainer.hpp"

namespace {

using namespace twopass;

constexpr std::array<twopass_choice, 14> kFaults{{
    {"shape", "offers scores of the wrong shape"},
    {"unnamed", "offers scores without names"},
    {"nothing", "offers no features"},
    {"layers", "offers no features of the last layer"},
    {"width", "offers features of wider layers"},
    {"twice", "offers the first layer's features as the second's, too"},
    {"one_name", "gives two metrics one name"},
    {"not_a_number", "its loss is not a number"},
    {"metrics", "offers no metrics"},
    {"thresholds", "has thresholds of fewer layers than it offers"},
    {"exit", "exits in its first step"},
    {"crash", "ends the process in its first step"},
    {"option", "throws for its option when made"},
    {"none", "is honest"},
}};

class Crooked : public Trainer {
 public:
  static constexpr std::array<Option, 2> kOptions{
      choice("fault", "shape", kFaults, "What is wrong with it."),
      boolean("slow", "false", "Sleeps in every step, so that progress is shown, and warns in the second."),
  };
  static std::span<const Option> options() { return kOptions; }

  Crooked(const Values& values, const Host& host)
      : host_(host), fault_(values.choice("fault")), slow_(values.boolean("slow")) {
    if (fault_ == "option") throw Error("such a fault cannot be", TWOPASS_INVALID_ARGUMENT, "fault");
  }

  TrainerOutputs build(const TrainerTask& task) override {
    device_ = task.device;
    const auto tensor = [&](const char* name, int64_t rows, int64_t columns) {
      return device_.tensor(name, TWOPASS_OUTPUT, rows, columns);
    };
    TrainerOutputs outputs;
    outputs.scores = tensor("scores", task.evaluation_rows(), task.classes + (fault_ == "shape" ? 1 : 0));
    if (fault_ != "unnamed") outputs.score_names = {"scores"};
    for (const int64_t width : task.network.hidden)
      outputs.features.push_back(
          tensor("features", task.evaluation_rows(), width + (fault_ == "width" ? 1 : 0)));
    if (fault_ == "nothing") outputs.features.clear();
    if (fault_ == "layers") outputs.features.pop_back();
    if (fault_ == "twice") outputs.features.back() = outputs.features.front();
    outputs.metric_names = {"loss"};
    if (fault_ == "one_name") outputs.metric_names = {"loss", "loss"};
    if (fault_ != "metrics")
      outputs.metrics = metrics_ = tensor("metrics", 1, std::ssize(outputs.metric_names));
    if (fault_ == "thresholds") outputs.thresholds = {1};
    return outputs;
  }
  void initialize(uint64_t) override {}
  void begin_epoch(const Epoch&) override {}
  void step(int64_t step) override {
    if (slow_) std::this_thread::sleep_for(std::chrono::milliseconds(300));
    if (slow_ && step == 1) host_.warn("this is step two");
    const float zero = 0;
    if (fault_ == "crash") std::abort();
    if (fault_ == "exit") std::exit(3);
    if (fault_ == "not_a_number") device_.upload(metrics_, std::vector<float>{zero / zero});
  }
  void score() override {}
  void extract() override {}

 private:
  Host host_;
  std::string fault_;
  bool slow_;
  Device device_;
  Tensor metrics_;
};

}  // namespace

TWOPASS_PLUGIN(Crooked, "crooked_trainer", "1.0.0", "A trainer that lies.")
