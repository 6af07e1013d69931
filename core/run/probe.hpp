#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "run/features.hpp"
#include "twopass/device.hpp"

namespace twopass::run {

struct ProbeSettings {
  int64_t epochs, batch_size;
  double learning_rate, weight_decay;
  int64_t classes;
  uint64_t seed;
};

// The test split, whose features are needed only twice: `load` puts those of rows [first, + batch) into the
// store, which holds a batch of them. The rows are a multiple of it.
struct TestFeatures {
  const FeatureStore& batch;
  std::span<const int32_t> labels;
  std::function<void(int64_t first)> load;
};

// Accuracies on the test split by name of the feature set: "layer1", ... and, for more than one layer,
// "last_three" and "all".
struct ProbeAccuracy {
  std::map<std::string, double> last;     // after all epochs
  std::map<std::string, double> halfway;  // after half of them, rounded down; none where there is but one
};

// Linear probes: softmax regressions on frozen features, trained by Adam on the training split and tested on
// the test split. The probes of all layers, of the last three together and of all together learn side by side
// in one pass over the features. `report` is told the epochs done. Labels are those of the splits' rows; -1
// marks rows that do not count.
ProbeAccuracy train_probes(Device device, const FeatureStore& train, std::span<const int32_t> train_labels,
                           const TestFeatures& test, const ProbeSettings& settings,
                           const std::function<void(int64_t epoch)>& report);

}  // namespace twopass::run
