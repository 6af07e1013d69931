#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "run/images.hpp"
#include "run/wiring.hpp"

namespace twopass::run {

// A sample of the test split is enough, and keeps the cost at a second or two.
inline constexpr int64_t kInsightImages = 1000;

// What the layers of the trainer's network, with its weights as they are, do with images as they are, without
// pretext task and without labels: `count` of them, evenly spread over `test`. {"layer1":
// {"effective_rank": ..., "dead_units": ...}, ...}; the rank is that of the features that the probes read,
// the dead units those of the raw activities.
nlohmann::json measure_layers(Wiring& wiring, const ImagesInMemory& test, int64_t count);

// Adds what a layer with a goodness loss has: its "threshold", which a pipeline may leave to the trainer, and
// its "goodness_gap": goodness of positives minus that of negatives, both means of the epoch whose metrics
// `train` holds ("layer1.goodness_positive", ...); null before the first epoch.
void add_goodness(nlohmann::json& layers, const std::vector<double>& thresholds, const nlohmann::json& train);

}  // namespace twopass::run
