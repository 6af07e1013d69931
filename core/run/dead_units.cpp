#include "run/dead_units.hpp"

#include <algorithm>

namespace twopass::run {

DeadUnits::DeadUnits(Device device, const std::vector<Tensor>& features) : device_(device) {
  Program program("dead_units");
  for (const Tensor& layer : features) {
    peaks_.push_back(device.tensor("peak", TWOPASS_OUTPUT, 1, layer.columns()));
    program.column_reduce(TWOPASS_MAX, layer, peaks_.back(), 1, true);
  }
  program_ = device.compile(program);
}

void DeadUnits::start() {
  for (const Tensor& peak : peaks_)
    device_.upload(peak, std::vector<float>(static_cast<size_t>(peak.columns()), 0.0F));
}

std::vector<double> DeadUnits::shares() const {
  std::vector<double> result;
  for (const Tensor& peak : peaks_) {
    const std::vector<float> values = device_.download<float>(peak);
    const auto dead = std::ranges::count_if(values, [](float value) { return value <= 0; });
    result.push_back(static_cast<double>(dead) / static_cast<double>(values.size()));
  }
  return result;
}

}  // namespace twopass::run
