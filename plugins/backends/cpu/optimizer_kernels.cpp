#include <algorithm>
#include <cmath>

#include "cpu/kernels.hpp"

namespace twopass::cpu::kernels {

namespace {

constexpr int64_t kChunk = 64;  // weights that are fetched, updated and rounded together
constexpr int64_t kAhead =
    512;  // how many weights earlier they are fetched: further than the CPU would by itself

[[gnu::always_inline]] inline void fetch(const Parameters& at) {
  constexpr int64_t kLine = 16;  // floats
  for (int64_t index = 0; index < kChunk; index += kLine) {
    __builtin_prefetch(at.weight + index, 1);
    __builtin_prefetch(at.first + index, 1);
    if (at.second != nullptr) __builtin_prefetch(at.second + index, 1);
  }
}

[[gnu::always_inline]] inline void update_run(const Adam& c, const float* gradient, const Parameters& at,
                                              int64_t n) {
#pragma omp simd
  for (int64_t index = 0; index < n; ++index) {
    const float w = at.weight[index], g = gradient[index] + c.coupled_decay * w;
    const float m = c.beta1 * at.first[index] + c.one_minus_beta1 * g;
    const float v = c.beta2 * at.second[index] + c.one_minus_beta2 * g * g;
    at.first[index] = m;
    at.second[index] = v;
    at.weight[index] = c.kept * w - c.rate * m / (std::sqrt(v * c.correction) + c.epsilon);
  }
}

[[gnu::always_inline]] inline void update_run(const Sgd& c, const float* gradient, const Parameters& at,
                                              int64_t n) {
#pragma omp simd
  for (int64_t index = 0; index < n; ++index) {
    const float w = at.weight[index];
    const float m = c.momentum * at.first[index] + gradient[index] + c.coupled_decay * w;
    at.first[index] = m;
    at.weight[index] = c.kept * w - c.rate * m;
  }
}

template <class Settings>
[[gnu::always_inline]] inline void update_rows(const Settings& settings, const float* gradient,
                                               int64_t gradient_stride, const Parameters& all, int64_t stride,
                                               int64_t rows, int64_t n) {
  const Settings kept = settings;  // a copy that no store can change
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t first = 0; first < n; first += kChunk) {
      const int64_t count = std::min(kChunk, n - first);
      const Parameters at = all.from(row * stride + first);
      fetch(at.from(kAhead));
      update_run(kept, gradient + row * gradient_stride + first, at, count);
      if (at.copy != nullptr) round(at.weight, at.copy, count);
    }
}

}  // namespace

[[gnu::target_clones("avx512f", "avx2", "default")]] void update(const Adam& adam, const float* gradient,
                                                                 int64_t gradient_stride,
                                                                 const Parameters& at, int64_t stride,
                                                                 int64_t rows, int64_t n) {
  update_rows(adam, gradient, gradient_stride, at, stride, rows, n);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void update(const Sgd& sgd, const float* gradient,
                                                                 int64_t gradient_stride,
                                                                 const Parameters& at, int64_t stride,
                                                                 int64_t rows, int64_t n) {
  update_rows(sgd, gradient, gradient_stride, at, stride, rows, n);
}

}  // namespace twopass::cpu::kernels
