#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "run/batches.hpp"
#include "run/dead_units.hpp"
#include "run/probe.hpp"
#include "run/wiring.hpp"

namespace twopass::run {

// What a network's layers do with images as they are, without pretext task and without labels. A sample of
// the test split is enough, and keeps the cost at a second or two: kImages of them, evenly spread.
class LayerInsight {
 public:
  static constexpr int64_t kImages = 1000;

  LayerInsight(Wiring& wiring, const ImagesInMemory& test);

  // Of the trainer's weights as they are: {"layer1": {"effective_rank": ..., "dead_units": ...}, ...}. The
  // rank is that of the features that the probes read, the dead units those of the raw activities.
  nlohmann::json measure();
  int64_t images() const { return images_; }

 private:
  Trainer* trainer_;
  host::HostDevice::Scope scope_;
  Device device_;
  int64_t images_;
  Order order_;
  Batches batches_;
  FeatureStore store_;
  FeatureWriter writer_;
  DeadUnits dead_units_;
};

// Adds "goodness_gap" to each layer that has one: goodness of positives minus that of negatives, both means
// of the epoch whose metrics `train` holds ("layer1.goodness_positive", ...).
void add_goodness_gaps(nlohmann::json& layers, const nlohmann::json& train);

}  // namespace twopass::run
