#pragma once

#include <algorithm>

#include "cpu/kernels.hpp"

namespace twopass::cpu::kernels {

// out[index] = value(index) for index in [0, n).
template <class Value>
[[gnu::always_inline]] inline void store(float* out, int64_t n, Value value) {
#pragma omp simd
  for (int64_t index = 0; index < n; ++index) out[index] = value(index);
}

// The same, rounded. Through floats in the L1: the CPU's own conversion takes whole registers.
template <class Value>
[[gnu::always_inline]] inline void store(Bfloat16* out, int64_t n, Value value) {
  constexpr int64_t kChunk = 256;
  alignas(64) float part[kChunk];
  for (int64_t first = 0; first < n; first += kChunk) {
    const int64_t count = std::min(kChunk, n - first);
#pragma omp simd
    for (int64_t index = 0; index < count; ++index) part[index] = value(first + index);
    round(part, out + first, count);
  }
}

}  // namespace twopass::cpu::kernels
