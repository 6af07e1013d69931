#pragma once

// What kernels share.

#include <algorithm>
#include <cstdint>

#include "cuda/kernel_launch.cuh"
#include "cuda/kernels.hpp"

namespace twopass::cuda {

// A kernel's own element and the step to its next one. 64 bits: an epoch's features have more than 2^31
// elements.
inline __device__ int64_t first_column() {
  return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
inline __device__ int64_t column_step() { return static_cast<int64_t>(gridDim.x) * blockDim.x; }

// What a kernel with one thread per element goes through. Where all operands are dense, their rows are one
// long row.
struct Cells {
  int64_t rows, columns;
};

template <class... Matrices>
Cells cells_of(int64_t rows, int64_t columns, const Matrices&... operands) {
  const bool dense = ((operands.data == nullptr || operands.stride == columns || rows == 1) && ...);
  return dense ? Cells{1, rows * columns} : Cells{rows, columns};
}

inline LaunchShape shape_of(const Cells& cells) { return cell_shape(cells.rows, cells.columns); }

template <class Body>
__device__ void each(const Cells& cells, const Body& body) {
  for (int64_t row = blockIdx.y; row < cells.rows; row += gridDim.y)
    for (int64_t column = first_column(); column < cells.columns; column += column_step()) body(row, column);
}

// Steps that share a kernel have blocks of their own: those from first[step] to the next step's first.
struct BlockShares {
  uint32_t first[kMostTogether + 1];

  uint32_t total() const { return first[kMostTogether]; }
};

// `blocks_of(step)`: how many blocks the step has work for; it gets no more than kMostBlocks.
template <class BlocksOf>
BlockShares share_blocks(size_t count, const BlocksOf& blocks_of) {
  constexpr int64_t kMostBlocks = 1 << 16;
  BlockShares shares{};
  for (size_t step = 0; step < kMostTogether; ++step)
    shares.first[step + 1] =
        shares.first[step] +
        (step < count ? static_cast<uint32_t>(std::min<int64_t>(blocks_of(step), kMostBlocks)) : 0);
  return shares;
}

// Which step a kernel's own block works for: it is number `block` of the step's `blocks`.
struct Share {
  int step;
  int64_t block, blocks;
};
inline __device__ Share own_share(const BlockShares& shares) {
  int step = 0;
  while (blockIdx.x >= shares.first[step + 1]) ++step;
  return {step, blockIdx.x - shares.first[step], shares.first[step + 1] - shares.first[step]};
}

template <class T>
__device__ T& at(const Matrix<T>& matrix, int64_t row, int64_t column) {
  return matrix.data[row * matrix.stride + column];
}

inline __device__ int64_t row_of(RowOffset offset) {
  return offset == nullptr ? 0 : static_cast<int64_t>(*offset);
}

// bfloat16 is the upper half of a float; rounding is to nearest, ties to even, and NaN stays NaN.
inline __device__ float from_bfloat16(uint16_t bits) {
  return __uint_as_float(static_cast<uint32_t>(bits) << 16);
}
inline __device__ uint16_t to_bfloat16(float value) {
  const uint32_t bits = __float_as_uint(value);
  if (value != value) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// The op set's masks: NaN is no reason to mask.
inline __device__ float masked(const Matrix<const float>& mask, int64_t row, int64_t column, float value) {
  return mask.data != nullptr && at(mask, row, column) <= 0 ? 0.0F : value;
}

// NaN stays NaN: a run that diverged must not look healthy.
inline __device__ float relu(float x) { return x < 0 ? 0.0F : x; }

// The first fault is kept; which one is first among many may differ from run to run, that there is one does
// not.
inline __device__ void report(Fault* fault, int32_t code, int32_t value) {
  if (atomicCAS(&fault->code, static_cast<int32_t>(Fault::kNone), code) == Fault::kNone) fault->value = value;
}

// Reductions of one value per thread over a block of one row of threads, whose number is a power of two and
// at most kThreads. Every thread gets the result. The order is fixed by the number of threads alone. All
// threads of the block must call these.
struct Add {
  __device__ float operator()(float a, float b) const { return a + b; }
};
struct Larger {
  __device__ float operator()(float a, float b) const { return b > a ? b : a; }  // ignores NaN in b
};

template <class Join>
__device__ float reduce_block(float value, Join join) {
  __shared__ float values[kThreads];
  values[threadIdx.x] = value;
  __syncthreads();
  for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) values[threadIdx.x] = join(values[threadIdx.x], values[threadIdx.x + half]);
    __syncthreads();
  }
  const float result = values[0];
  __syncthreads();  // all have read it before the next reduction writes
  return result;
}

}  // namespace twopass::cuda
