#include "cpu/kernels.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace twopass::cpu::kernels {

namespace {

#if defined(__x86_64__)

// The CPU's own conversion, several times faster than the same in integers.
bool converts() {
  static const bool kCan = __builtin_cpu_supports("avx512bf16") != 0 &&
                           __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512bw") != 0;
  return kCan;
}

[[gnu::target("avx512f,avx512vl,avx512bw,avx512bf16")]] int64_t convert_vectors(const float* in,
                                                                                Bfloat16* out, int64_t n) {
  int64_t index = 0;
  for (; index + 16 <= n; index += 16)
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + index),
                        reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(_mm512_loadu_ps(in + index))));
  return index;
}

#else

bool converts() { return false; }
int64_t convert_vectors(const float*, Bfloat16*, int64_t) { return 0; }

#endif

}  // namespace

void round(const float* in, Bfloat16* out, int64_t n) {
  for (int64_t index = converts() ? convert_vectors(in, out, n) : 0; index < n; ++index)
    out[index] = to_bfloat16(in[index]);
}

}  // namespace twopass::cpu::kernels
