#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/pipeline.hpp"
#include "twopass/device.hpp"

namespace twopass::run {

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

}  // namespace twopass::run
