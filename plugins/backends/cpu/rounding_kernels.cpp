#include <bit>

#include "cpu/kernels.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace twopass::cpu::kernels {

namespace {

uint32_t pair(float low, float high) {
  return static_cast<uint32_t>(to_bfloat16(low).bits) | static_cast<uint32_t>(to_bfloat16(high).bits) << 16;
}

#if defined(__x86_64__)

// The CPU's own conversion, several times faster than the same in integers.
bool converts() {
  static const bool can = __builtin_cpu_supports("avx512bf16") != 0 &&
                          __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512bw") != 0;
  return can;
}

[[gnu::target("avx512f,avx512vl,avx512bw,avx512bf16")]] int64_t convert_vectors(const float* in,
                                                                                Bfloat16* out, int64_t n) {
  int64_t index = 0;
  for (; index + 16 <= n; index += 16)
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + index),
                        reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(_mm512_loadu_ps(in + index))));
  return index;
}

[[gnu::target("avx512f,avx512vl,avx512bw,avx512bf16")]] int64_t pair_vectors(const float* low,
                                                                             const float* high, float* out,
                                                                             int64_t n) {
  int64_t index = 0;
  for (; index + 16 <= n; index += 16) {
    const auto low_half = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(_mm512_loadu_ps(low + index)));
    const auto high_half = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(_mm512_loadu_ps(high + index)));
    // GCC 12 warns of the forms without a mask (its bug 105593).
    constexpr __mmask16 kAll = 0xffff;
    const __m512i words =
        _mm512_or_si512(_mm512_maskz_cvtepu16_epi32(kAll, low_half),
                        _mm512_maskz_slli_epi32(kAll, _mm512_maskz_cvtepu16_epi32(kAll, high_half), 16));
    _mm512_storeu_si512(out + index, words);
  }
  return index;
}

#else

bool converts() { return false; }
int64_t convert_vectors(const float*, Bfloat16*, int64_t) { return 0; }
int64_t pair_vectors(const float*, const float*, float*, int64_t) { return 0; }

#endif

}  // namespace

void round(const float* in, Bfloat16* out, int64_t n) {
  for (int64_t index = converts() ? convert_vectors(in, out, n) : 0; index < n; ++index)
    out[index] = to_bfloat16(in[index]);
}

void round_pairs(const float* low, const float* high, float* out, int64_t n) {
  for (int64_t index = converts() ? pair_vectors(low, high, out, n) : 0; index < n; ++index)
    out[index] = std::bit_cast<float>(pair(low[index], high[index]));
}

}  // namespace twopass::cpu::kernels
