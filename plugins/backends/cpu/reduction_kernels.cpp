#include <cmath>
#include <limits>

#include "cpu/kernels.hpp"

namespace twopass::cpu::kernels {

namespace {

template <class T>
[[gnu::always_inline]] inline void reduce_any(twopass_reduction reduction, const T* in, int64_t rows,
                                              int64_t stride, float* sums, int64_t n) {
  const float start = reduction == TWOPASS_MAX ? -std::numeric_limits<float>::infinity() : 0;
  for (int64_t column = 0; column < n; ++column) sums[column] = start;
  const auto each = [&](auto joined) {
#pragma omp simd
    for (int64_t column = 0; column < n; ++column)
      sums[column] = joined(sums[column], static_cast<float>(in[column]));
  };
  for (int64_t row = 0; row < rows; ++row, in += stride) {
    if (reduction == TWOPASS_SUM) each([](float sum, float value) { return sum + value; });
    if (reduction == TWOPASS_SUM_SQUARES) each([](float sum, float value) { return sum + value * value; });
    if (reduction == TWOPASS_MAX) each([](float most, float value) { return value > most ? value : most; });
  }
}

}  // namespace

[[gnu::target_clones("avx512f", "avx2", "default")]] float sum(const float* in, int64_t n) {
  float total = 0;
#pragma omp simd reduction(+ : total)
  for (int64_t index = 0; index < n; ++index) total += in[index];
  return total;
}

[[gnu::target_clones("avx512f", "avx2", "default")]] float sum_squares(const float* in, int64_t n) {
  float total = 0;
#pragma omp simd reduction(+ : total)
  for (int64_t index = 0; index < n; ++index) total += in[index] * in[index];
  return total;
}

[[gnu::target_clones("avx512f", "avx2", "default")]] float maximum(const float* in, int64_t n) {
  float largest = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : largest)
  for (int64_t index = 0; index < n; ++index) largest = in[index] > largest ? in[index] : largest;
  return largest;
}

int32_t argmax(const float* in, int64_t n) {
  int64_t best = 0;
  for (int64_t index = 1; index < n; ++index)
    if (in[index] > in[best]) best = index;
  return static_cast<int32_t>(best);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void reduce_columns(twopass_reduction reduction,
                                                                         const float* in, int64_t rows,
                                                                         int64_t stride, float* sums,
                                                                         int64_t n) {
  reduce_any(reduction, in, rows, stride, sums, n);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void reduce_columns(twopass_reduction reduction,
                                                                         const Bfloat16* in, int64_t rows,
                                                                         int64_t stride, float* sums,
                                                                         int64_t n) {
  reduce_any(reduction, in, rows, stride, sums, n);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] bool all_within(const int32_t* in, int64_t n,
                                                                     int32_t first, int32_t end) {
  int32_t outside = 0;
#pragma omp simd reduction(| : outside)
  for (int64_t index = 0; index < n; ++index)
    outside |= static_cast<int32_t>(in[index] < first) | static_cast<int32_t>(in[index] >= end);
  return outside == 0;
}

}  // namespace twopass::cpu::kernels
