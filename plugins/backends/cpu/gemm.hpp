#pragma once

#include "cpu/bfloat16.hpp"
#include "cpu/matrix.hpp"
#include "cpu/steps.hpp"

namespace twopass::cpu {

// out[m, n] = activation(alpha * op(a)[m, k] op(b)[k, n] + beta * out + bias[n]), then 0 where mask <= 0.
struct Gemm {
  explicit Gemm(const ResolvedOp& op);

  Matrix<const float> a, b;
  Matrix<const Bfloat16> rounded_a;  // instead of a where that is bfloat16
  Matrix<float> out;
  bool transpose_a, transpose_b, relu;
  float alpha, beta;
  const float* bias;         // [n] or null
  Matrix<const float> mask;  // or absent
  int64_t m, n, k;

  bool has_epilogue() const { return bias != nullptr || relu || mask; }
};

// The part after the product: bias, activation and mask, on all rows.
void run_epilogue(const Gemm& gemm, int threads);

}  // namespace twopass::cpu
