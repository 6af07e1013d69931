#pragma once

#include <array>
#include <functional>

#include "cpu/matrix.hpp"
#include "twopass/abi.h"

namespace twopass::cpu {

// One op, ready to run: everything but the slots' values is bound.
using Step = std::function<void(const double* slots)>;

// An op with the addresses of its operands; null where absent.
struct ResolvedOp {
  twopass_op op;
  std::array<void*, 6> in_data{};  // of each view's first element
  std::array<void*, 4> out_data{};
  std::array<uint32_t, 6> in_type{};
  std::array<uint32_t, 4> out_type{};

  template <class T = float>
  Matrix<const T> in(size_t position) const {
    const twopass_view& view = op.in[position];
    return {static_cast<const T*>(in_data[position]), view.rows, view.columns, view.stride};
  }
  template <class T = float>
  Matrix<T> out(size_t position) const {
    const twopass_view& view = op.out[position];
    return {static_cast<T*>(out_data[position]), view.rows, view.columns, view.stride};
  }
  float scalar(size_t position) const { return static_cast<float>(op.scalar[position]); }
};

// Binds any op but gemm. `threads` is how many may work on it.
Step prepare(const ResolvedOp& op, int threads);

// Groups of prepare's cases, one per source file.
Step prepare_copy(const ResolvedOp& op, int threads);
Step prepare_gather(const ResolvedOp& op, int threads);
Step prepare_elementwise(const ResolvedOp& op, int threads);
Step prepare_reduction(const ResolvedOp& op, int threads);
Step prepare_rowwise(const ResolvedOp& op, int threads);
Step prepare_optimizer(const ResolvedOp& op, int threads);

// A slot's row offset, or 0 where the op has none. The host has checked its range.
inline int64_t row_offset(int32_t slot, const double* slots) {
  return slot < 0 ? 0 : static_cast<int64_t>(slots[slot]);
}

}  // namespace twopass::cpu
