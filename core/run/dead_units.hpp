#pragma once

#include <vector>

#include "twopass/device.hpp"

namespace twopass::run {

// The share of each layer's units that are silent for every image shown.
class DeadUnits {
 public:
  // `features`: raw activities [rows, units] of each layer, filled anew for each look.
  DeadUnits(Device device, const std::vector<Tensor>& features);

  void start();
  void look() const { program_.run(); }
  // Since start. Throws Error with TWOPASS_FAILED where an activity was no number: the network diverged.
  std::vector<double> shares() const;

 private:
  Device device_;
  std::vector<Tensor> energies_;  // per layer, each unit's sum of squared activities
  CompiledProgram program_;
};

}  // namespace twopass::run
