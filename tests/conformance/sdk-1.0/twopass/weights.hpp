#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "twopass/device.hpp"
#include "twopass/program.hpp"
#include "twopass/random.hpp"

namespace twopass {

// A weight matrix [outputs, inputs] that is learnt by Adam, and Adam's two moments of it. Checkpoints hold
// all three: the param NAME.weight, the states NAME.first_moment and NAME.second_moment.
class AdamWeights {
 public:
  AdamWeights(const Device& device, const std::string& name, int64_t outputs, int64_t inputs)
      : device_(device),
        value_(device.tensor(name + ".weight", TWOPASS_PARAM, outputs, inputs)),
        first_moment_(device.tensor(name + ".first_moment", TWOPASS_STATE, outputs, inputs)),
        second_moment_(device.tensor(name + ".second_moment", TWOPASS_STATE, outputs, inputs)) {}

  const Tensor& value() const { return value_; }

  // Uniform in +-1/sqrt(inputs), the moments zero. Every matrix of a trainer needs a `stream` of its own.
  void initialize(uint64_t seed, uint64_t stream) const {
    std::vector<float> values(static_cast<size_t>(value_.rows() * value_.columns()));
    device_.upload(first_moment_, values);
    device_.upload(second_moment_, values);
    const float bound = 1 / std::sqrt(static_cast<float>(value_.columns()));
    Random random(seed, Purpose::kInitialWeights, stream);
    for (float& value : values) value = random.uniform(-bound, bound);
    device_.upload(value_, values);
  }

  // A step of Adam by the gradient delta^T input, where input is [rows, inputs] and delta [rows, outputs] the
  // gradient of what was input value^T. `step` counts from 1. Product and update follow each other, so that a
  // backend can do both at once.
  void record_update(Program& program, const Tensor& delta, const Tensor& input, Slot learning_rate,
                     Slot step) const {
    const Tensor gradient = program.temp("gradient", value_.rows(), value_.columns());
    program.gemm({.a = delta, .b = input, .out = gradient, .transpose_a = true});
    program.optimizer({TWOPASS_ADAM, gradient, value_, first_moment_, second_moment_, learning_rate, step});
  }

 private:
  Device device_;
  Tensor value_, first_moment_, second_moment_;
};

}  // namespace twopass
