#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "conformance/reference_device.hpp"
#include "conformance/subject.hpp"
#include "run/trainer.hpp"

namespace twopass::conformance {

// A trainer plugin at work on a toy set, on the float64 reference: 6x6 images of four classes, each a pattern
// of its own under noise, and three hidden layers. Data depend on nothing but the number of the step.
class ToyTraining {
 public:
  static constexpr int64_t kBatch = 20, kClasses = 4, kEpochSteps = 10;
  // So many more than a batch has that whoever evaluates no more than a batch is wrong for most of them.
  static constexpr int64_t kEvaluationRows = 50;
  using State = std::vector<std::vector<float>>;  // of every param and state tensor

  // `device` is the reference, or one on paper.
  ToyTraining(Subject& subject, std::unique_ptr<host::HostDevice> device);

  run::Trainer& trainer() { return trainer_; }
  host::HostDevice& device() { return *device_; }

  // An epoch of kEpochSteps, or the first `steps` of it.
  void epoch(int64_t number, int64_t steps = kEpochSteps);
  State state() const;
  void restore(const State& state) const;
  // Of the last score set, on images of their own.
  double accuracy();
  // Activities of every hidden layer, on the same images.
  State features();
  bool metrics_are_numbers() const;

 private:
  std::unique_ptr<host::HostDevice> device_;
  pipeline::OptionValues network_;
  run::Trainer trainer_;
};

}  // namespace twopass::conformance
