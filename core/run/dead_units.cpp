#include "run/dead_units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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
    // A step's loss is that before its update, so of the last update nothing else tells.
    if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); }))
      throw Error(
          fmt::format("activities of layer {} are no longer numbers; try a smaller trainer.learning_rate",
                      result.size() + 1),
          TWOPASS_FAILED);
    const auto dead = std::ranges::count(values, 0.0F);
    result.push_back(static_cast<double>(dead) / static_cast<double>(values.size()));
  }
  return result;
}

}  // namespace twopass::run
