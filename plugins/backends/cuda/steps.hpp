#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "cuda/gpu.hpp"
#include "cuda/products.hpp"
#include "twopass/abi.h"

namespace twopass::cuda {

// An op with the addresses of its operands on the GPU; null where absent.
struct BoundOp {
  twopass_op op;
  std::array<void*, 6> in_data{};  // of each view's first element
  std::array<void*, 4> out_data{};
  std::array<uint32_t, 6> in_type{};
  std::array<uint32_t, 4> out_type{};
  uint16_t* working_copy = nullptr;  // of out[0]'s first element, where its buffer has one
  const double* slots = nullptr;     // the run's values
  const double* settings = nullptr;  // of an optimizer: see OptimizerStep
};

// How many values of a run an optimizer's settings are.
inline constexpr size_t kOptimizerSettings = 3;
// Computed on the host, in double, from the slots of a run; `settings` has kOptimizerSettings places.
void optimizer_settings(const twopass_op& op, const double* slots, double* settings);

// Whether several ops of this code may be one step.
bool may_share_kernel(uint32_t code);

// The step of one op, or of several with the same code that may share a kernel: at most kMostTogether, of
// which none writes what another one reads or writes. Throws Error (TWOPASS_UNSUPPORTED) for an op that this
// backend does not know.
Step prepare(const std::vector<BoundOp>& ops, Gpu& gpu, Products& products);

}  // namespace twopass::cuda
