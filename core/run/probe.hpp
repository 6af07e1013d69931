#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "pipeline/pipeline.hpp"
#include "run/batches.hpp"
#include "twopass/device.hpp"

namespace twopass::run {

// Linear probes: softmax regressions on frozen features, trained by Adam on the training split and tested on
// the test split. The probes of all layers, of the last three together and of all together learn side by side
// in one pass over the features.
struct ProbeSettings {
  int64_t epochs, batch_size;
  double learning_rate, weight_decay;
  int64_t classes;
  uint64_t seed;
};

// Features of one split, row by row: the blocks of all layers side by side, as float32 or bfloat16.
class FeatureStore {
 public:
  // A block for each of the `layers`, as wide as its activities.
  FeatureStore(Device device, const std::string& name, twopass_type type, const std::vector<Tensor>& layers,
               int64_t rows);
  const Tensor& features() const { return features_; }
  const std::vector<int64_t>& widths() const { return widths_; }
  Tensor block(const Tensor& rows, size_t layer) const;  // a layer's columns of some rows
  // The rows that index[first...] names, as float32 [rows, all widths].
  Tensor record_gather(Program& program, const Tensor& index, int64_t rows, Slot first) const;

 private:
  std::vector<int64_t> widths_;
  Tensor features_;  // [rows, sum of widths]
};

// How a layer's activities become features.
struct FeatureNormalization {
  twopass_normalization kind = TWOPASS_NORMALIZE_NONE;
  double epsilon = 0;
};
// As the pipeline's transfer.features asks.
FeatureNormalization feature_normalization(const pipeline::Pipeline& pipeline);

// Puts a batch of activities, which are in `sources`, into a store: normalised, from row `first` on.
class FeatureWriter {
 public:
  FeatureWriter(Device device, const std::vector<Tensor>& sources, FeatureNormalization normalization,
                const FeatureStore& store);
  void write(int64_t first) const { program_.run({static_cast<double>(first)}); }

 private:
  CompiledProgram program_;
};

// The test split, whose features are needed only once: `load` puts those of rows [first, + batch) into the
// store, which holds a batch of them. The rows are a multiple of it.
struct TestFeatures {
  const FeatureStore& batch;
  std::span<const int32_t> labels;
  std::function<void(int64_t first)> load;
};

// Accuracy on the test split by name of the feature set: "layer1", ... and, for more than one layer,
// "last_three" and "all". `report` is told the epochs done. Labels are those of the splits' rows; -1 marks
// rows that do not count.
std::map<std::string, double> train_probes(Device device, const FeatureStore& train,
                                           std::span<const int32_t> train_labels, const TestFeatures& test,
                                           const ProbeSettings& settings,
                                           const std::function<void(int64_t epoch)>& report);

}  // namespace twopass::run
