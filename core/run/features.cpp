#include "run/features.hpp"

#include <numeric>

#include "twopass/network.hpp"

namespace twopass::run {

FeatureNormalization feature_normalization(const pipeline::Pipeline& pipeline) {
  if (pipeline.transfer.typed().choice("features") != "normalized") return {};
  const Network network(pipeline.network.typed());
  return {network.normalization, network.epsilon};
}

FeatureStore::FeatureStore(Device device, const std::string& name, twopass_type type,
                           const std::vector<Tensor>& layers, int64_t rows) {
  for (const Tensor& layer : layers) widths_.push_back(layer.columns());
  const int64_t columns = std::accumulate(widths_.begin(), widths_.end(), int64_t{0});
  features_ = device.tensor(name, TWOPASS_OUTPUT, rows, columns, type);
}

Tensor FeatureStore::block(const Tensor& rows, size_t layer) const {
  const int64_t first =
      std::accumulate(widths_.begin(), widths_.begin() + static_cast<ptrdiff_t>(layer), int64_t{0});
  return rows.column_range(first, widths_[layer]);
}

Tensor FeatureStore::record_gather(Program& program, const Tensor& index, int64_t rows, Slot first) const {
  Tensor gathered = program.temp("gathered", rows, features_.columns(), features_.type());
  program.gather_rows(features_, index, gathered, first);
  if (features_.type() == TWOPASS_F32) return gathered;
  Tensor features = program.temp("features", rows, features_.columns());
  program.copy(gathered, features);
  return features;
}

FeatureWriter::FeatureWriter(Device device, const std::vector<Tensor>& sources,
                             FeatureNormalization normalization, const FeatureStore& store) {
  const int64_t batch = sources.front().rows();
  Program program("features.store");
  const Slot first = program.slot();
  for (size_t layer = 0; layer < sources.size(); ++layer) {
    Tensor features = sources[layer];
    if (normalization.kind != TWOPASS_NORMALIZE_NONE) {
      features = program.temp("features", batch, features.columns());
      program.row_normalize(normalization.kind, sources[layer], features, Tensor(), normalization.epsilon);
    }
    program.copy(features, store.block(store.features(), layer), {.out_row = first});
  }
  program_ = device.compile(program);
}

}  // namespace twopass::run
