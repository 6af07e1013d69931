#include "cpu/small_gemm.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "cpu/kernels.hpp"
#include "cpu/parallel.hpp"

namespace twopass::cpu {

namespace {

constexpr int64_t kTiny = 32;
constexpr int64_t kBlock = 256;  // columns per block of the outer form: its rows of b stay in the cache

// A register of floats, which arithmetic operators work on lane by lane.
template <int kBytes>
struct Register {
  using Vector [[gnu::vector_size(kBytes)]] = float;
  using Words [[gnu::vector_size(kBytes)]] = uint32_t;
  using Halves [[gnu::vector_size(kBytes / 2)]] = uint16_t;
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

// From floats, or widened from bfloat16.
template <int kBytes>
[[gnu::always_inline]] inline void load_widened(const float* from, typename Register<kBytes>::Vector& to) {
  load(from, to);
}
template <int kBytes>
[[gnu::always_inline]] inline void load_widened(const Bfloat16* from, typename Register<kBytes>::Vector& to) {
  typename Register<kBytes>::Halves halves;
  std::memcpy(&halves, from, sizeof halves);
  const auto words = __builtin_convertvector(halves, typename Register<kBytes>::Words) << 16;
  std::memcpy(&to, &words, sizeof to);
}

// out[row..+kRows, column..+kVectors registers] = alpha * sum over k of a * b + beta * out, in registers
template <int kBytes, int kRows, int kVectors>
[[gnu::always_inline]] inline void outer_tile(const Gemm& gemm, int64_t row, int64_t column) {
  using Vector = typename Register<kBytes>::Vector;
  constexpr int64_t kLanes = kBytes / 4;
  Vector sums[kRows][kVectors] = {};
  const int64_t row_step = gemm.transpose_a ? 1 : gemm.a.stride,
                k_step = gemm.transpose_a ? gemm.a.stride : 1;
  const float* a = gemm.a.data + row * row_step;
  const float* b = gemm.b.data + column;
  for (int64_t k = 0; k < gemm.k; ++k, a += k_step, b += gemm.b.stride) {
    Vector b_part[kVectors];
    for (int v = 0; v < kVectors; ++v) load(b + v * kLanes, b_part[v]);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) sums[r][v] += a[r * row_step] * b_part[v];
  }
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < kVectors; ++v) {
      float* out = gemm.out.at(row + r, column + v * kLanes);
      Vector value = gemm.alpha * sums[r][v];
      if (gemm.beta != 0) {
        Vector before;
        load(out, before);
        value += gemm.beta * before;
      }
      store(value, out);
    }
}

template <int kBytes, int kRows, int kVectors>
[[gnu::always_inline]] inline void outer_columns(const Gemm& gemm, int64_t row, int64_t first,
                                                 int64_t count) {
  constexpr int64_t kLanes = kBytes / 4;
  int64_t column = first;
  const int64_t end = first + count;
  for (; column + kVectors * kLanes <= end; column += kVectors * kLanes)
    outer_tile<kBytes, kRows, kVectors>(gemm, row, column);
  for (; column + kLanes <= end; column += kLanes) outer_tile<kBytes, kRows, 1>(gemm, row, column);
  for (; column < end; ++column) outer_tile<4, kRows, 1>(gemm, row, column);
}

template <int kBytes, int kRows, int kVectors>
[[gnu::always_inline]] inline void outer_block(const Gemm& gemm, int64_t first, int64_t count) {
  int64_t row = 0;
  for (; row + kRows <= gemm.m; row += kRows) outer_columns<kBytes, kRows, kVectors>(gemm, row, first, count);
  for (; row < gemm.m; ++row) outer_columns<kBytes, 1, kVectors>(gemm, row, first, count);
}

// The factor a of the given element type.
template <class A>
const Matrix<const A>& factor(const Gemm& gemm) {
  if constexpr (std::is_same_v<A, float>)
    return gemm.a;
  else
    return gemm.rounded_a;
}

// out[row..+kRows, column..+kColumns] = alpha * dot(a row, b row) + beta * out
template <class A, int kBytes, int kRows, int kColumns>
[[gnu::always_inline]] inline void dot_tile(const Gemm& gemm, int64_t row, int64_t column) {
  using Vector = typename Register<kBytes>::Vector;
  constexpr int64_t kLanes = kBytes / 4;
  Vector sums[kRows][kColumns] = {};
  const Matrix<const A>& all = factor<A>(gemm);
  const A* a = all.row(row);
  const float* b = gemm.b.row(column);
  int64_t k = 0;
  for (; k + kLanes <= gemm.k; k += kLanes) {
    Vector a_part[kRows], b_part[kColumns];
    for (int r = 0; r < kRows; ++r) load_widened<kBytes>(a + r * all.stride + k, a_part[r]);
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
        sum += static_cast<float>(a[r * all.stride + tail]) * b[c * gemm.b.stride + tail];
      float& out = gemm.out.row(row + r)[column + c];
      out = gemm.beta == 0 ? gemm.alpha * sum : gemm.alpha * sum + gemm.beta * out;
    }
}

template <class A, int kBytes, int kRows, int kColumns>
[[gnu::always_inline]] inline void dot_row(const Gemm& gemm, int64_t row) {
  int64_t column = 0;
  for (; column + kColumns <= gemm.n; column += kColumns)
    dot_tile<A, kBytes, kRows, kColumns>(gemm, row, column);
  for (; column < gemm.n; ++column) dot_tile<A, kBytes, kRows, 1>(gemm, row, column);
}

template <class A, int kBytes, int kRows, int kColumns>
[[gnu::always_inline]] inline void dot_rows(const Gemm& gemm, int64_t first, int64_t end) {
  int64_t row = first;
  for (; row + kRows <= end; row += kRows) dot_row<A, kBytes, kRows, kColumns>(gemm, row);
  for (; row < end; ++row) dot_row<A, kBytes, 1, kColumns>(gemm, row);
}

// The tiles fill the registers of each instruction set: 32 of 64 bytes, or 16 of 32 or 16 bytes.
[[gnu::target("avx512f")]] void outer_avx512(const Gemm& gemm, int64_t first, int64_t count) {
  outer_block<64, 5, 4>(gemm, first, count);
}
[[gnu::target("avx2,fma")]] void outer_avx2(const Gemm& gemm, int64_t first, int64_t count) {
  outer_block<32, 5, 2>(gemm, first, count);
}
void outer_any(const Gemm& gemm, int64_t first, int64_t count) { outer_block<16, 5, 2>(gemm, first, count); }
template <class A>
[[gnu::target("avx512f")]] void dot_avx512(const Gemm& gemm, int64_t first, int64_t end) {
  dot_rows<A, 64, 4, 5>(gemm, first, end);
}
template <class A>
[[gnu::target("avx2,fma")]] void dot_avx2(const Gemm& gemm, int64_t first, int64_t end) {
  dot_rows<A, 32, 2, 5>(gemm, first, end);
}
template <class A>
void dot_any(const Gemm& gemm, int64_t first, int64_t end) {
  dot_rows<A, 16, 2, 5>(gemm, first, end);
}

bool has_avx512() { return __builtin_cpu_supports("avx512f") != 0; }
bool has_avx2() { return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0; }

void epilogue(const Gemm& gemm, int64_t row, int64_t column, int64_t count) {
  kernels::epilogue(gemm.out.at(row, column), count, gemm.bias == nullptr ? nullptr : gemm.bias + column,
                    gemm.relu, gemm.mask.at(row, column));
}

// Long rows of a and b, few columns: one dot product per element.
template <class A>
void run_dot(const Gemm& gemm, int threads) {
  const auto kernel = has_avx512() ? dot_avx512<A> : has_avx2() ? dot_avx2<A> : dot_any<A>;
  constexpr int64_t kRows = 4;  // threads take whole tiles, so that the order of a sum never depends on them
  const int64_t tiles = (gemm.m + kRows - 1) / kRows;
  parallel_parts(threads, tiles, gemm.m * gemm.k, [&](int64_t first, int64_t end) {
    const int64_t end_row = std::min(end * kRows, gemm.m);
    kernel(gemm, first * kRows, end_row);
    for (int64_t row = first * kRows; gemm.has_epilogue() && row < end_row; ++row)
      epilogue(gemm, row, 0, gemm.n);
  });
}

// Few rows of a: each block of columns is a sum of outer products.
void run_outer(const Gemm& gemm, int threads) {
  const auto kernel = has_avx512() ? outer_avx512 : has_avx2() ? outer_avx2 : outer_any;
  const int64_t blocks = (gemm.n + kBlock - 1) / kBlock;
  parallel_parts(threads, blocks, gemm.n * gemm.k, [&](int64_t first, int64_t end) {
    for (int64_t column = first * kBlock; column < std::min(end * kBlock, gemm.n); column += kBlock) {
      const int64_t columns = std::min(kBlock, gemm.n - column);
      kernel(gemm, column, columns);
      for (int64_t row = 0; gemm.has_epilogue() && row < gemm.m; ++row) epilogue(gemm, row, column, columns);
    }
  });
}

bool is_dot(const Gemm& gemm) { return gemm.transpose_b && !gemm.transpose_a && gemm.n <= kTiny; }
bool is_outer(const Gemm& gemm) { return !gemm.transpose_b && gemm.m <= kTiny; }

}  // namespace

bool is_small_gemm(const Gemm& gemm) { return is_dot(gemm) || is_outer(gemm); }
bool reads_rounded_a(const Gemm& gemm) { return is_dot(gemm); }

void run_small_gemm(const Gemm& gemm, int threads) {
  if (gemm.rounded_a) return run_dot<Bfloat16>(gemm, threads);
  if (is_dot(gemm)) return run_dot<float>(gemm, threads);
  run_outer(gemm, threads);
}

}  // namespace twopass::cpu
