#include "run/dead_units.hpp"

#include <algorithm>

namespace twopass::run {

DeadUnits::DeadUnits(Device device, const std::vector<Tensor>& features) : device_(device) {
  Program program("dead_units");
  for (const Tensor& layer : features) {
    energies_.push_back(device.tensor("energy", TWOPASS_OUTPUT, 1, layer.columns()));
    program.column_reduce(TWOPASS_SUM_SQUARES, layer, energies_.back(), 1, true);
  }
  program_ = device.compile(program);
}

void DeadUnits::start() {
  for (const Tensor& energy : energies_)
    device_.upload(energy, std::vector<float>(static_cast<size_t>(energy.columns()), 0.0F));
}

std::vector<double> DeadUnits::shares() const {
  std::vector<double> result;
  for (const Tensor& energy : energies_) {
    const std::vector<float> values = device_.download<float>(energy);
    const auto dead = std::ranges::count(values, 0.0F);
    result.push_back(static_cast<double>(dead) / static_cast<double>(values.size()));
  }
  return result;
}

}  // namespace twopass::run
