#include <cmath>

#include "cpu/kernels.hpp"

namespace twopass::cpu::kernels {

[[gnu::target_clones("avx512f", "avx2", "default")]] void adam(const Adam& adam, const float* gradient,
                                                               float* weight, float* first, float* second,
                                                               int64_t n) {
  const Adam c = adam;  // a copy that no store can change
#pragma omp simd
  for (int64_t index = 0; index < n; ++index) {
    const float w = weight[index], g = gradient[index] + c.coupled_decay * w;
    const float m = c.beta1 * first[index] + c.one_minus_beta1 * g;
    const float v = c.beta2 * second[index] + c.one_minus_beta2 * g * g;
    first[index] = m;
    second[index] = v;
    weight[index] = c.kept * w - c.rate * m / (std::sqrt(v * c.correction) + c.epsilon);
  }
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void sgd(const Sgd& sgd, const float* gradient,
                                                              float* weight, float* moment, int64_t n) {
  const Sgd c = sgd;
#pragma omp simd
  for (int64_t index = 0; index < n; ++index) {
    const float w = weight[index];
    const float m = c.momentum * moment[index] + gradient[index] + c.coupled_decay * w;
    moment[index] = m;
    weight[index] = c.kept * w - c.rate * m;
  }
}

}  // namespace twopass::cpu::kernels
