#include "cpu/tile_kernels.hpp"

#include <algorithm>
#include <bit>

#include "cpu/bfloat16.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace twopass::cpu::kernels {

namespace {

[[gnu::always_inline]] inline float pair(float low, float high) {
  return std::bit_cast<float>(static_cast<uint32_t>(to_bfloat16(low).bits) |
                              static_cast<uint32_t>(to_bfloat16(high).bits) << 16);
}

}  // namespace

[[gnu::target_clones("avx512f", "avx2", "default")]] void pack_panel(Factors factors,
                                                                     const Matrix<const float>& in,
                                                                     int64_t width, int64_t panel,
                                                                     float* out) {
  const int64_t first = panel * width, columns = std::min(width, in.columns - first);
  const bool pairs = factors == Factors::kBfloat16;
  for (int64_t row = 0; row < in.rows; row += pairs ? 2 : 1, out += width) {
    const float* low = in.at(row, first);
    const float* high = row + 1 < in.rows ? in.at(row + 1, first) : nullptr;
    if (!pairs) {
      std::copy_n(low, columns, out);
    } else if (high == nullptr) {
      for (int64_t column = 0; column < columns; ++column) out[column] = pair(low[column], 0);
    } else {
#pragma omp simd
      for (int64_t column = 0; column < columns; ++column) out[column] = pair(low[column], high[column]);
    }
    std::fill(out + columns, out + width, 0.0F);
  }
}

#if defined(__x86_64__)

namespace {

// 24 registers of sums, 2 of b, and a's numbers one by one to all lanes.
template <Factors kFactors>
[[gnu::target("avx512f,avx512bw,avx512bf16")]] void multiply(const float* a, const float* b, int64_t words,
                                                             bool accumulate, float* sums, int64_t stride) {
  constexpr int kVectors = kTileColumns / 16;
  __m512 sum[kTileRows][kVectors];
  for (int64_t row = 0; row < kTileRows; ++row)
    for (int64_t vector = 0; vector < kVectors; ++vector)
      sum[row][vector] = accumulate ? _mm512_load_ps(sums + row * stride + vector * 16) : _mm512_setzero_ps();
  for (int64_t word = 0; word < words; ++word, a += kTileRows, b += kTileColumns) {
    const __m512 b_part[kVectors] = {_mm512_load_ps(b), _mm512_load_ps(b + 16)};
#pragma GCC unroll 12
    for (int64_t row = 0; row < kTileRows; ++row) {
      const __m512 a_part = _mm512_set1_ps(a[row]);
#pragma GCC unroll 2
      for (int64_t vector = 0; vector < kVectors; ++vector)
        if constexpr (kFactors == Factors::kFloat32)
          sum[row][vector] = _mm512_fmadd_ps(a_part, b_part[vector], sum[row][vector]);
        else
          sum[row][vector] = _mm512_dpbf16_ps(sum[row][vector], reinterpret_cast<__m512bh>(a_part),
                                              reinterpret_cast<__m512bh>(b_part[vector]));
    }
  }
  for (int64_t row = 0; row < kTileRows; ++row)
    for (int64_t vector = 0; vector < kVectors; ++vector)
      _mm512_store_ps(sums + row * stride + vector * 16, sum[row][vector]);
}

}  // namespace

bool has_tiles(Factors factors) {
  const bool vectors = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0;
  return vectors && (factors == Factors::kFloat32 || __builtin_cpu_supports("avx512bf16") != 0);
}

void multiply_tile(Factors factors, const float* a, const float* b, int64_t words, bool accumulate,
                   float* sums, int64_t stride) {
  (factors == Factors::kFloat32 ? multiply<Factors::kFloat32>
                                : multiply<Factors::kBfloat16>)(a, b, words, accumulate, sums, stride);
}

#else

bool has_tiles(Factors) { return false; }

void multiply_tile(Factors, const float*, const float*, int64_t, bool, float*, int64_t) {}

#endif

}  // namespace twopass::cpu::kernels
