#pragma once

#include <vector>

#include "run/batches.hpp"
#include "run/dead_units.hpp"
#include "run/wiring.hpp"

namespace twopass::run {

// Accuracy of the pretext task on the test split, by score set ("layer1", ..., "combined"; the last is the
// one reported; none for a trainer that knows no classes), and the share of each layer's units that are
// silent for a batch of test images.
struct Evaluation {
  std::vector<double> accuracy;
  std::vector<double> dead_units;
};

class PretextEvaluator {
 public:
  PretextEvaluator(Wiring& wiring, Device device, const ImagesInMemory& test);
  Evaluation evaluate();

 private:
  void record_count();
  std::vector<double> count_hits();

  Trainer* trainer_;
  Device device_;
  int64_t count_;  // images
  int64_t classes_, rows_;
  Tensor labels_, hits_;  // hits_: absent without scores
  Order order_;
  Batches batches_;
  DeadUnits dead_units_;
  CompiledProgram count_program_;
};

}  // namespace twopass::run
