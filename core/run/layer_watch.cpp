#include "run/layer_watch.hpp"

#include <fmt/format.h>

#include <cmath>

namespace twopass::run {
namespace {

// Every layer starts near its threshold; it has this many epochs to leave it.
constexpr int64_t kSettling = 2;
constexpr const char* kCollapsed =
    "has collapsed: positives and negatives both have a goodness at the threshold, so it tells them apart no "
    "more; try "
    "another normalization, goodness or threshold";
constexpr const char* kDead =
    "is dead: hardly any of its units is ever active; try a smaller learning_rate or another threshold";

}  // namespace

std::vector<std::string> LayerWatch::look(int64_t epoch, const nlohmann::json& train,
                                          const std::vector<double>& dead_units) {
  std::vector<std::string> warnings;
  const auto warn = [&](size_t layer, const std::string& text) {
    if (told_.insert({layer, text}).second) warnings.push_back(fmt::format("layer {} {}", layer + 1, text));
  };
  for (size_t layer = 0; layer < thresholds_.size(); ++layer)
    if (epoch > kSettling && collapsed(layer, train)) warn(layer, kCollapsed);
  for (size_t layer = 0; layer < dead_units.size(); ++layer)
    if (dead_units[layer] > 0.99) warn(layer, kDead);
  return warnings;
}

bool LayerWatch::collapsed(size_t layer, const nlohmann::json& train) const {
  const std::string name = fmt::format("layer{}.goodness_", layer + 1);
  if (!train.contains(name + "positive") || !train.contains(name + "negative")) return false;
  const double positive = train[name + "positive"], negative = train[name + "negative"];
  const double threshold = thresholds_[layer];
  return std::abs(positive - threshold) < 0.02 * threshold &&
         std::abs(positive - negative) < 0.003 * threshold;
}

}  // namespace twopass::run
