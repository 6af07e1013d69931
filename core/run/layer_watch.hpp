#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace twopass::run {

// Says in words that a layer has stopped to learn: once per layer and kind of trouble.
class LayerWatch {
 public:
  // `thresholds`: the goodness threshold of each layer, or nothing for trainers without a goodness.
  explicit LayerWatch(std::vector<double> thresholds) : thresholds_(std::move(thresholds)) {}

  // After an epoch (from 1): `train` holds its means ("layer1.goodness_positive", ...), `dead_units` each
  // layer's share of silent units, or nothing when the epoch was not evaluated. Returns new warnings.
  std::vector<std::string> look(int64_t epoch, const nlohmann::json& train,
                                const std::vector<double>& dead_units);

 private:
  bool collapsed(size_t layer, const nlohmann::json& train) const;

  std::vector<double> thresholds_;
  std::set<std::pair<size_t, std::string>> told_;
};

}  // namespace twopass::run
