#pragma once

#include "cpu/steps.hpp"
#include "cpu/storage.hpp"

namespace twopass::cpu {

// What an optimizer op updates, and with which settings in which run.
struct OptimizerStep {
  explicit OptimizerStep(const ResolvedOp& op);

  // Calls body(kernels::Adam) or body(kernels::Sgd).
  template <class Body>
  void with_settings(const double* slots, const Body& body) const {
    if (settings.mode[0] == TWOPASS_SGD)
      body(sgd(slots));
    else
      body(adam(slots));
  }

  kernels::Parameters at(int64_t row, int64_t column) const {
    kernels::Parameters place{weight.at(row, column), first.at(row, column), second.at(row, column), nullptr};
    if (const CpuStorage* copy = storage == nullptr ? nullptr : storage->working_copy())
      place.copy = reinterpret_cast<Bfloat16*>(copy->data()) + (place.weight - storage_data());
    return place;
  }

  Matrix<float> weight, first, second;

 private:
  kernels::Adam adam(const double* slots) const;
  kernels::Sgd sgd(const double* slots) const;
  const float* storage_data() const { return reinterpret_cast<const float*>(storage->data()); }

  const CpuStorage* storage;  // of the weights; null if they are a temp
  twopass_op settings;
};

}  // namespace twopass::cpu
