#include "cpu/small_gemm.hpp"

#include <algorithm>
#include <cstring>

#include "cpu/kernels.hpp"
#include "cpu/parallel.hpp"

namespace twopass::cpu {

namespace {

constexpr int64_t kTiny = 32;
constexpr int64_t kBlock = 256;  // columns per block of the outer form: its rows of b stay in the cache

// A register of floats, which arithmetic operators work on lane by lane.
template <int bytes>
struct Register {
  using Vector [[gnu::vector_size(bytes)]] = float;
};
template <>
struct Register<4> {
  using Vector = float;
};

// From and to any address; one instruction. By reference, because how vectors are returned depends on the
// target.
template <class Vector>
[[gnu::always_inline]] inline void load(const float* from, Vector& to) {
  std::memcpy(&to, from, sizeof to);
}
template <class Vector>
[[gnu::always_inline]] inline void store(const Vector& from, float* to) {
  std::memcpy(to, &from, sizeof from);
}

// A strided operand: element (row, k) lies at data[row * row_step + k * k_step].
struct Steps {
  const float* data;
  int64_t row_step, k_step;
};

struct OuterBlock {
  Steps a;
  const float* b;
  int64_t b_stride;
  float* out;
  int64_t out_stride, rows, columns, k;
  float alpha, beta;
};

// out[row..+kRows, column..+kVectors registers] = alpha * sum over k of a * b + beta * out, in registers
template <int bytes, int kRows, int kVectors>
[[gnu::always_inline]] inline void outer_tile(const OuterBlock& block, int64_t row, int64_t column) {
  using Vector = typename Register<bytes>::Vector;
  constexpr int64_t kLanes = bytes / 4;
  Vector sums[kRows][kVectors] = {};
  const float* a = block.a.data + row * block.a.row_step;
  const float* b = block.b + column;
  for (int64_t k = 0; k < block.k; ++k, a += block.a.k_step, b += block.b_stride) {
    Vector b_part[kVectors];
    for (int v = 0; v < kVectors; ++v) load(b + v * kLanes, b_part[v]);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) sums[r][v] += a[r * block.a.row_step] * b_part[v];
  }
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < kVectors; ++v) {
      float* out = block.out + (row + r) * block.out_stride + column + v * kLanes;
      Vector value = block.alpha * sums[r][v];
      if (block.beta != 0) {
        Vector before;
        load(out, before);
        value += block.beta * before;
      }
      store(value, out);
    }
}

template <int bytes, int kRows, int kVectors>
[[gnu::always_inline]] inline void outer_columns(const OuterBlock& block, int64_t row) {
  constexpr int64_t kLanes = bytes / 4;
  int64_t column = 0;
  for (; column + kVectors * kLanes <= block.columns; column += kVectors * kLanes)
    outer_tile<bytes, kRows, kVectors>(block, row, column);
  for (; column + kLanes <= block.columns; column += kLanes) outer_tile<bytes, kRows, 1>(block, row, column);
  for (; column < block.columns; ++column) outer_tile<4, kRows, 1>(block, row, column);
}

template <int bytes, int kRows, int kVectors>
[[gnu::always_inline]] inline void outer_block(const OuterBlock& block) {
  int64_t row = 0;
  for (; row + kRows <= block.rows; row += kRows) outer_columns<bytes, kRows, kVectors>(block, row);
  for (; row < block.rows; ++row) outer_columns<bytes, 1, kVectors>(block, row);
}

// out[row..+kRows, column..+kColumns] = alpha * dot(a row, b row) + beta * out
template <int bytes, int kRows, int kColumns>
[[gnu::always_inline]] inline void dot_tile(const Gemm& gemm, int64_t row, int64_t column) {
  using Vector = typename Register<bytes>::Vector;
  constexpr int64_t kLanes = bytes / 4;
  Vector sums[kRows][kColumns] = {};
  const float* a = gemm.a.row(row);
  const float* b = gemm.b.row(column);
  int64_t k = 0;
  for (; k + kLanes <= gemm.k; k += kLanes) {
    Vector a_part[kRows], b_part[kColumns];
    for (int r = 0; r < kRows; ++r) load(a + r * gemm.a.stride + k, a_part[r]);
    for (int c = 0; c < kColumns; ++c) load(b + c * gemm.b.stride + k, b_part[c]);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 8
      for (int c = 0; c < kColumns; ++c) sums[r][c] += a_part[r] * b_part[c];
  }
  for (int r = 0; r < kRows; ++r)
    for (int c = 0; c < kColumns; ++c) {
      float lanes[kLanes], sum = 0;
      store(sums[r][c], lanes);
      for (const float lane : lanes) sum += lane;
      for (int64_t tail = k; tail < gemm.k; ++tail)
        sum += a[r * gemm.a.stride + tail] * b[c * gemm.b.stride + tail];
      float& out = gemm.out.row(row + r)[column + c];
      out = gemm.beta == 0 ? gemm.alpha * sum : gemm.alpha * sum + gemm.beta * out;
    }
}

template <int bytes, int kRows, int kColumns>
[[gnu::always_inline]] inline void dot_row(const Gemm& gemm, int64_t row) {
  int64_t column = 0;
  for (; column + kColumns <= gemm.n; column += kColumns) dot_tile<bytes, kRows, kColumns>(gemm, row, column);
  for (; column < gemm.n; ++column) dot_tile<bytes, kRows, 1>(gemm, row, column);
}

template <int bytes, int kRows, int kColumns>
[[gnu::always_inline]] inline void dot_rows(const Gemm& gemm, int64_t first, int64_t end) {
  int64_t row = first;
  for (; row + kRows <= end; row += kRows) dot_row<bytes, kRows, kColumns>(gemm, row);
  for (; row < end; ++row) dot_row<bytes, 1, kColumns>(gemm, row);
}

// The tiles fill the registers of each instruction set: 32 of 64 bytes, or 16 of 32 or 16 bytes.
[[gnu::target("avx512f")]] void outer_avx512(const OuterBlock& block) { outer_block<64, 5, 4>(block); }
[[gnu::target("avx2,fma")]] void outer_avx2(const OuterBlock& block) { outer_block<32, 5, 2>(block); }
void outer_any(const OuterBlock& block) { outer_block<16, 5, 2>(block); }
[[gnu::target("avx512f")]] void dot_avx512(const Gemm& gemm, int64_t first, int64_t end) {
  dot_rows<64, 4, 5>(gemm, first, end);
}
[[gnu::target("avx2,fma")]] void dot_avx2(const Gemm& gemm, int64_t first, int64_t end) {
  dot_rows<32, 2, 5>(gemm, first, end);
}
void dot_any(const Gemm& gemm, int64_t first, int64_t end) { dot_rows<16, 2, 5>(gemm, first, end); }

bool has_avx512() { return __builtin_cpu_supports("avx512f") != 0; }
bool has_avx2() { return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0; }

void epilogue(const Gemm& gemm, int64_t row, int64_t column, int64_t count) {
  kernels::epilogue(gemm.out.at(row, column), count, gemm.bias == nullptr ? nullptr : gemm.bias + column,
                    gemm.relu, gemm.mask.at(row, column));
}

// Long rows of a and b, few columns: one dot product per element.
void run_dot(const Gemm& gemm, int threads) {
  const auto kernel = has_avx512() ? dot_avx512 : has_avx2() ? dot_avx2 : dot_any;
  constexpr int64_t kRows = 4;  // threads take whole tiles, so that the order of a sum never depends on them
  const int64_t tiles = (gemm.m + kRows - 1) / kRows;
  parallel_parts(threads, tiles, gemm.m * gemm.k, [&](int64_t first, int64_t end) {
    const int64_t end_row = std::min(end * kRows, gemm.m);
    kernel(gemm, first * kRows, end_row);
    if (!gemm.has_epilogue()) return;
    for (int64_t row = first * kRows; row < end_row; ++row) epilogue(gemm, row, 0, gemm.n);
  });
}

// Few rows of a, or few k: each block of columns is a sum of outer products.
void run_outer(const Gemm& gemm, int threads) {
  const auto kernel = has_avx512() ? outer_avx512 : has_avx2() ? outer_avx2 : outer_any;
  const int64_t blocks = (gemm.n + kBlock - 1) / kBlock;
  parallel_parts(threads, blocks, gemm.m * gemm.n * gemm.k, [&](int64_t first, int64_t end) {
    float packed[kTiny * kBlock];
    for (int64_t column = first * kBlock; column < std::min(end * kBlock, gemm.n); column += kBlock) {
      const int64_t columns = std::min(kBlock, gemm.n - column);
      OuterBlock block{
          {gemm.a.data, gemm.transpose_a ? 1 : gemm.a.stride, gemm.transpose_a ? gemm.a.stride : 1},
          gemm.b.at(0, column),
          gemm.b.stride,
          gemm.out.at(0, column),
          gemm.out.stride,
          gemm.m,
          columns,
          gemm.k,
          gemm.alpha,
          gemm.beta};
      if (gemm.transpose_b) {  // b's columns lie far apart: one copy, read by every row
        for (int64_t index = 0; index < columns; ++index)
          for (int64_t k = 0; k < gemm.k; ++k) packed[k * kBlock + index] = gemm.b.row(column + index)[k];
        block.b = packed;
        block.b_stride = kBlock;
      }
      kernel(block);
      if (!gemm.has_epilogue()) continue;
      for (int64_t row = 0; row < gemm.m; ++row) epilogue(gemm, row, column, columns);
    }
  });
}

bool is_dot(const Gemm& gemm) {
  return gemm.transpose_b && !gemm.transpose_a && gemm.n <= kTiny && gemm.k > kTiny;
}
bool is_outer(const Gemm& gemm) { return gemm.k <= kTiny || (gemm.m <= kTiny && !gemm.transpose_b); }

}  // namespace

bool is_small_gemm(const Gemm& gemm) { return is_dot(gemm) || is_outer(gemm); }

void run_small_gemm(const Gemm& gemm, int threads) {
  if (is_dot(gemm)) return run_dot(gemm, threads);
  run_outer(gemm, threads);
}

}  // namespace twopass::cpu
