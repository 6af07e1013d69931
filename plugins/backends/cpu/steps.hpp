#pragma once

#include <array>
#include <functional>
#include <optional>

#include "cpu/matrix.hpp"
#include "twopass/abi.h"

namespace twopass::cpu {

// One op, ready to run: everything but the slots' values is bound.
using Step = std::function<void(const double* slots)>;

class CpuStorage;

// An op with the addresses of its operands; null where absent.
struct ResolvedOp {
  twopass_op op;
  std::array<void*, 6> in_data{};  // of each view's first element
  std::array<void*, 4> out_data{};
  std::array<uint32_t, 6> in_type{};
  std::array<uint32_t, 4> out_type{};
  std::array<const CpuStorage*, 4> out_storage{};  // null for temps

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

// An op that treats each row by itself, given row by row. Such ops in sequence share one pass over the rows,
// which then come from the cache for all but the first.
struct RowStep {
  int64_t rows, columns;
  std::function<void(int64_t row)> body;
};
// Empty for other ops.
std::optional<RowStep> prepare_rows(const ResolvedOp& op);
// Whether `later` may see row r as soon as `earlier` has done row r: what both touch, they touch at one row.
bool rows_stay_apart(const ResolvedOp& earlier, const ResolvedOp& later);

// Whether an op can also read its first input, or write this output, in bfloat16.
bool reads_rounded(const twopass_op& op);
bool writes_rounded(const twopass_op& op, size_t output);

// Binds any op but gemm and those that prepare_rows knows. `threads` is how many may work on it.
Step prepare(const ResolvedOp& op, int threads);

// Groups of prepare's cases, one per source file.
Step prepare_copy(const ResolvedOp& op, int threads);
Step prepare_gather(const ResolvedOp& op, int threads);
Step prepare_elementwise(const ResolvedOp& op, int threads);
Step prepare_reduction(const ResolvedOp& op, int threads);
Step prepare_softmax(const ResolvedOp& op, int threads);
Step prepare_optimizer(const ResolvedOp& op, int threads);

// A slot's row offset, or 0 where the op has none. The host has checked its range.
inline int64_t row_offset(int32_t slot, const double* slots) {
  return slot < 0 ? 0 : static_cast<int64_t>(slots[slot]);
}

}  // namespace twopass::cpu
