#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "twopass/device.hpp"
#include "twopass/network.hpp"
#include "twopass/plugin.hpp"
#include "twopass/random.hpp"

namespace twopass {

// What a trainer has to serve. The tensors are the host's: it fills them before each step, score or extract.
struct TrainerTask {
  int64_t channels = 1, height = 0, width = 0;
  int64_t classes = 0;
  int64_t steps_per_epoch = 0;
  Network network;
  Device device;
  Tensor train_images;       // [batch size, channels * height * width] in [0, 1]
  Tensor train_labels;       // i32 [batch size, 1]
  Tensor evaluation_images;  // [evaluation rows, channels * height * width] in [0, 1]
  twopass_label_pixels feature_label_pixels = TWOPASS_LABEL_NEUTRAL;  // while features are extracted

  int64_t inputs() const { return channels * height * width; }
  int64_t batch_size() const { return train_images.rows(); }
  int64_t evaluation_rows() const { return evaluation_images.rows(); }
};

// What a trainer offers to the host.
struct TrainerOutputs {
  Tensor scores;  // [evaluation rows, score_names.size() * classes]; larger is likelier
  std::vector<std::string> score_names;  // one per block of `classes` columns; the last is the one reported.
                                         // Empty, without `scores`: the trainer knows no classes
  std::vector<Tensor> features;          // [evaluation rows, width] per hidden layer: its raw activities
  Tensor metrics;  // [1, metric_names.size()] sums over an epoch's steps; the host zeroes it
  std::vector<std::string> metric_names;  // "layer1.loss", "layer1.goodness_positive", ...: one at least
  std::vector<double> thresholds;  // per layer, or empty: lets the host name a layer whose goodness collapsed
  bool local = false;              // no gradient crosses a layer
};

struct Epoch {
  uint64_t seed = 0;
  int64_t epoch = 0;       // from 0
  int64_t first_step = 0;  // steps done before this epoch
  // Of the whole epoch, in the order of its steps, each in [0, classes); valid during begin_epoch.
  std::span<const int32_t> labels;
};

// A label for every image of the epoch that is not its own, each of the other `classes` equally likely: what
// negatives of Forward-Forward carry. Trainers that call this draw the same ones under the same seed. At
// least two classes.
inline std::vector<int32_t> wrong_labels(const Epoch& epoch, int64_t classes) {
  Random random(epoch.seed, Purpose::kWrongLabel, static_cast<uint64_t>(epoch.epoch));
  std::vector<int32_t> wrong;
  wrong.reserve(epoch.labels.size());
  for (const int32_t label : epoch.labels) {
    const auto other = static_cast<int32_t>(random.below(static_cast<uint32_t>(classes - 1)));
    wrong.push_back(other < label ? other : other + 1);
  }
  return wrong;
}

// A learning rule that owns the network's parameters. It records its step once and replays it; it never
// learns which backend it runs on and never waits for it inside a step.
class Trainer {
 public:
  static constexpr twopass_kind kKind = TWOPASS_TRAINER;
  virtual ~Trainer() = default;

  // Once: makes tensors, records and compiles programs. Throws Error with TWOPASS_INVALID_ARGUMENT when the
  // task does not fit, and lets pass what the device throws.
  virtual TrainerOutputs build(const TrainerTask& task) = 0;
  // Sets every param and state tensor from the seed alone.
  virtual void initialize(uint64_t seed) = 0;
  // Draws what the epoch needs (wrong labels, masks), from (seed, epoch) alone.
  virtual void begin_epoch(const Epoch& epoch) = 0;
  // One update from train_images and train_labels; counts from 0 within the epoch.
  virtual void step(int64_t step) = 0;
  virtual void score() = 0;    // evaluation_images -> scores; never called without score_names
  virtual void extract() = 0;  // evaluation_images -> features

  class Instance {
   public:
    explicit Instance(std::unique_ptr<Trainer> owned) : trainer(std::move(owned)) {}

    void build(const twopass_trainer_task& task, twopass_trainer_outputs& out) {
      batch_size_ = task.train_images->rows;
      outputs_ =
          trainer->build({task.channels, task.height, task.width, task.class_count, task.steps_per_epoch,
                          Network(Values(*task.network)), Device(*task.device), Tensor(*task.train_images),
                          Tensor(*task.train_labels), Tensor(*task.evaluation_images),
                          static_cast<twopass_label_pixels>(task.feature_label_pixels)});
      score_names_ = abi::pointers(outputs_.score_names);
      metric_names_ = abi::pointers(outputs_.metric_names);
      features_.clear();
      for (const Tensor& tensor : outputs_.features) features_.push_back(tensor.abi_buffer());
      if (outputs_.scores) scores_ = outputs_.scores.abi_buffer();
      if (!outputs_.metrics)
        throw Error("build returned no metrics, of which it needs one at least", TWOPASS_INTERNAL);
      metrics_ = outputs_.metrics.abi_buffer();
      if (!outputs_.thresholds.empty() && outputs_.thresholds.size() != features_.size())
        throw Error("build returned " + std::to_string(outputs_.thresholds.size()) + " thresholds for " +
                        std::to_string(features_.size()) + " features, of which each needs one",
                    TWOPASS_INTERNAL);
      out = {sizeof(twopass_trainer_outputs),
             outputs_.local ? 1U : 0U,
             static_cast<uint32_t>(score_names_.size()),
             static_cast<uint32_t>(features_.size()),
             score_names_.data(),
             features_.data(),
             outputs_.scores ? &scores_ : nullptr,
             &metrics_,
             metric_names_.data(),
             static_cast<uint32_t>(metric_names_.size()),
             0,
             outputs_.thresholds.empty() ? nullptr : outputs_.thresholds.data()};
    }
    void begin_epoch(const twopass_epoch& epoch) {
      trainer->begin_epoch({epoch.seed,
                            epoch.epoch,
                            epoch.first_step,
                            {epoch.labels, static_cast<size_t>(epoch.step_count * batch_size_)}});
    }

    std::unique_ptr<Trainer> trainer;

   private:
    int64_t batch_size_ = 0;
    TrainerOutputs outputs_;
    std::vector<const char*> score_names_, metric_names_;
    std::vector<twopass_buffer> features_;
    twopass_buffer scores_{}, metrics_{};
  };

  static const twopass_trainer_api kApi;
};

inline constexpr twopass_trainer_api Trainer::kApi = {
    sizeof(twopass_trainer_api),
    0,
    [](void* self, const twopass_trainer_task* task, twopass_trainer_outputs* outputs, twopass_error* error) {
      return abi::guard(error, [&] { static_cast<Instance*>(self)->build(*task, *outputs); });
    },
    [](void* self, uint64_t seed, twopass_error* error) {
      return abi::guard(error, [&] { static_cast<Instance*>(self)->trainer->initialize(seed); });
    },
    [](void* self, const twopass_epoch* epoch, twopass_error* error) {
      return abi::guard(error, [&] { static_cast<Instance*>(self)->begin_epoch(*epoch); });
    },
    [](void* self, int64_t step, twopass_error* error) {
      return abi::guard(error, [&] { static_cast<Instance*>(self)->trainer->step(step); });
    },
    [](void* self, twopass_error* error) {
      return abi::guard(error, [&] { static_cast<Instance*>(self)->trainer->score(); });
    },
    [](void* self, twopass_error* error) {
      return abi::guard(error, [&] { static_cast<Instance*>(self)->trainer->extract(); });
    }};

}  // namespace twopass
