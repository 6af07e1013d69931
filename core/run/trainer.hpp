#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/instance.hpp"
#include "twopass/device.hpp"
#include "twopass/trainer.hpp"

namespace twopass::run {

// What the run asks of a trainer; see twopass_trainer_task.
struct TrainerRequest {
  Task task;
  int64_t batch_size = 0, evaluation_rows = 0, steps_per_epoch = 0;
  const twopass_values* network = nullptr;
  twopass_label_pixels feature_label_pixels = TWOPASS_LABEL_NEUTRAL;
};

// A trainer plugin at work. The tensors below are the ones that the run fills and reads.
class Trainer {
 public:
  Trainer(const host::Plugin& plugin, const twopass_values& values) : instance_(plugin, values) {}

  // Makes the input tensors on `device` and lets the trainer build on them. Checks what it offers.
  void build(const twopass_device& device, const TrainerRequest& request);
  void initialize(uint64_t seed) { instance_.call(api().initialize, seed); }
  void begin_epoch(uint64_t seed, int64_t epoch, int64_t first_step, int64_t steps,
                   std::span<const int32_t> labels);
  void step(int64_t step) { instance_.call(api().step, step); }
  void score() { instance_.call(api().score); }
  void extract() { instance_.call(api().extract); }

  Tensor train_images, train_labels, evaluation_images;
  Tensor scores, metrics;  // scores: absent when there are no score_names
  std::vector<Tensor> features;
  std::vector<std::string> score_names, metric_names;
  std::vector<double> thresholds;  // per layer, or empty
  bool local = false;              // it says that no gradient crosses a layer

 private:
  const twopass_trainer_api& api() const { return instance_.api<twopass_trainer_api>(); }
  const char* name() const { return instance_.plugin().table->name; }
  [[noreturn]] void fail(const std::string& what) const;
  void take(const twopass_trainer_outputs& outputs);
  void check_shapes(const TrainerRequest& request) const;
  void check_names(const char* what, const std::vector<std::string>& names) const;

  host::Instance instance_;
};

}  // namespace twopass::run
