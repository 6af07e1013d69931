#pragma once

#include <vector>

#include "run/batches.hpp"
#include "run/wiring.hpp"

namespace twopass::run {

// Accuracy of the pretext task on the test split, by score set ("layer1", ..., "combined"; the last is the
// one reported), and the share of each layer's units that are silent for a batch of test images.
struct Evaluation {
  std::vector<double> accuracy;
  std::vector<double> dead_units;
};

class PretextEvaluator {
 public:
  PretextEvaluator(Wiring& wiring, const ImagesInMemory& test);
  Evaluation evaluate();

 private:
  CompiledProgram record_count(Device device) const;
  CompiledProgram record_peaks(Device device);

  Trainer* trainer_;
  Device device_;
  int64_t count_;  // images
  int64_t classes_, rows_;
  Tensor labels_, hits_;
  std::vector<Tensor> peaks_;  // per layer, the largest activity of each unit
  Batches batches_;
  Order order_;
  CompiledProgram count_program_, peak_program_;
};

}  // namespace twopass::run
