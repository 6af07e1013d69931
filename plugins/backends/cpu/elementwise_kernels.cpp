#include <cmath>

#include "cpu/kernels.hpp"
#include "cpu/store.hpp"

// One loop each; `#pragma omp simd` says that elements are independent although outputs may be inputs. What
// the cloned functions call is always inlined: a function of its own would be compiled for the least of the
// targets.

namespace twopass::cpu::kernels {

namespace {

template <class Function>
[[gnu::always_inline]] inline void map(const float* in, float* out, int64_t n, float scale, float shift,
                                       Function function) {
#pragma omp simd
  for (int64_t index = 0; index < n; ++index) out[index] = function(scale * in[index] + shift);
}

template <class Function>
[[gnu::always_inline]] inline void map_gradient(const float* dy, const float* y, float* dx, int64_t n,
                                                Function slope) {
#pragma omp simd
  for (int64_t index = 0; index < n; ++index) dx[index] = dy[index] * slope(y[index]);
}

template <class In, class Out>
[[gnu::always_inline]] inline void convert_any(const In* in, Out* out, int64_t n, float scale, float shift) {
  store(out, n, [=](int64_t index) { return scale * static_cast<float>(in[index]) + shift; });
}

template <class Function>
[[gnu::always_inline]] inline void zip(const float* a, float a_scale, const float* b, float b_scale,
                                       float* out, int64_t n, Function function) {
#pragma omp simd
  for (int64_t index = 0; index < n; ++index) out[index] = function(a_scale * a[index], b_scale * b[index]);
}

template <class Function>
[[gnu::always_inline]] inline void zip(const float* a, float a_scale, float b, float* out, int64_t n,
                                       Function function) {
#pragma omp simd
  for (int64_t index = 0; index < n; ++index) out[index] = function(a_scale * a[index], b);
}

[[gnu::always_inline]] inline float relu(float x) {
  return 0 > x ? 0 : x;
}  // the order keeps NaN, also as a vector maximum
[[gnu::always_inline]] inline float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }
[[gnu::always_inline]] inline float softplus(float x) {
  return (x > 0 ? x : 0) + std::log1p(std::exp(-std::abs(x)));
}

template <bool kBias, bool kRelu, bool kMask>
[[gnu::always_inline]] inline void epilogue_of(float* out, int64_t n, const float* bias, const float* mask) {
#pragma omp simd
  for (int64_t index = 0; index < n; ++index) {
    float value = out[index];
    if constexpr (kBias) value += bias[index];
    if constexpr (kRelu) value = relu(value);
    if constexpr (kMask) value = mask[index] <= 0 ? 0 : value;
    out[index] = value;
  }
}

}  // namespace

[[gnu::target_clones("avx512f", "avx2", "default")]] void convert(const float* in, float* out, int64_t n,
                                                                  float scale, float shift) {
  convert_any(in, out, n, scale, shift);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void convert(const uint8_t* in, float* out, int64_t n,
                                                                  float scale, float shift) {
  convert_any(in, out, n, scale, shift);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void convert(const int32_t* in, float* out, int64_t n,
                                                                  float scale, float shift) {
  convert_any(in, out, n, scale, shift);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void convert(const Bfloat16* in, Bfloat16* out,
                                                                  int64_t n, float scale, float shift) {
  convert_any(in, out, n, scale, shift);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void convert(const float* in, Bfloat16* out, int64_t n,
                                                                  float scale, float shift) {
  convert_any(in, out, n, scale, shift);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void convert(const Bfloat16* in, float* out, int64_t n,
                                                                  float scale, float shift) {
  convert_any(in, out, n, scale, shift);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void unary(twopass_unary function, const float* in,
                                                                float* out, int64_t n, float scale,
                                                                float shift) {
  switch (function) {
    case TWOPASS_RELU:
      return map(in, out, n, scale, shift, [](float x) { return relu(x); });
    case TWOPASS_SQUARE:
      return map(in, out, n, scale, shift, [](float x) { return x * x; });
    case TWOPASS_SQRT:
      return map(in, out, n, scale, shift, [](float x) { return std::sqrt(x); });
    case TWOPASS_RSQRT:
      return map(in, out, n, scale, shift, [](float x) { return 1 / std::sqrt(x); });
    case TWOPASS_RECIPROCAL:
      return map(in, out, n, scale, shift, [](float x) { return 1 / x; });
    case TWOPASS_EXP:
      return map(in, out, n, scale, shift, [](float x) { return std::exp(x); });
    case TWOPASS_LOG:
      return map(in, out, n, scale, shift, [](float x) { return std::log(x); });
    case TWOPASS_SOFTPLUS:
      return map(in, out, n, scale, shift, [](float x) { return softplus(x); });
    case TWOPASS_SIGMOID:
      return map(in, out, n, scale, shift, [](float x) { return sigmoid(x); });
    case TWOPASS_TANH:
      return map(in, out, n, scale, shift, [](float x) { return std::tanh(x); });
    case TWOPASS_IDENTITY:
      return map(in, out, n, scale, shift, [](float x) { return x; });
  }
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void unary_gradient(twopass_unary function,
                                                                         const float* dy, const float* y,
                                                                         float* dx, int64_t n) {
  switch (function) {
    case TWOPASS_RELU: {
#pragma omp simd
      for (int64_t index = 0; index < n; ++index) dx[index] = y[index] <= 0 ? 0 : dy[index];
      return;
    }
    case TWOPASS_SIGMOID:
      return map_gradient(dy, y, dx, n, [](float y_value) { return y_value * (1 - y_value); });
    case TWOPASS_TANH:
      return map_gradient(dy, y, dx, n, [](float y_value) { return 1 - y_value * y_value; });
    case TWOPASS_SOFTPLUS:
      return map_gradient(dy, y, dx, n, [](float y_value) { return -std::expm1(-y_value); });
    case TWOPASS_EXP:
      return map_gradient(dy, y, dx, n, [](float y_value) { return y_value; });
    default:  // TWOPASS_SQRT; no other has a gradient
      return map_gradient(dy, y, dx, n, [](float y_value) { return 0.5F / y_value; });
  }
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void binary(twopass_binary function, const float* a,
                                                                 float a_scale, const float* b, float b_scale,
                                                                 float* out, int64_t n) {
  switch (function) {
    case TWOPASS_ADD:
      return zip(a, a_scale, b, b_scale, out, n, [](float x, float y) { return x + y; });
    case TWOPASS_MULTIPLY:
      return zip(a, a_scale, b, b_scale, out, n, [](float x, float y) { return x * y; });
    case TWOPASS_DIVIDE:
      return zip(a, a_scale, b, b_scale, out, n, [](float x, float y) { return x / y; });
    case TWOPASS_MAXIMUM:
      return zip(a, a_scale, b, b_scale, out, n, [](float x, float y) { return x > y ? x : y; });
    case TWOPASS_MINIMUM:
      return zip(a, a_scale, b, b_scale, out, n, [](float x, float y) { return x < y ? x : y; });
  }
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void binary(twopass_binary function, const float* a,
                                                                 float a_scale, float b, float* out,
                                                                 int64_t n) {
  switch (function) {
    case TWOPASS_ADD:
      return zip(a, a_scale, b, out, n, [](float x, float y) { return x + y; });
    case TWOPASS_MULTIPLY:
      return zip(a, a_scale, b, out, n, [](float x, float y) { return x * y; });
    case TWOPASS_DIVIDE:
      return zip(a, a_scale, b, out, n, [](float x, float y) { return x / y; });
    case TWOPASS_MAXIMUM:
      return zip(a, a_scale, b, out, n, [](float x, float y) { return x > y ? x : y; });
    case TWOPASS_MINIMUM:
      return zip(a, a_scale, b, out, n, [](float x, float y) { return x < y ? x : y; });
  }
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void select(const float* mask, const float* a,
                                                                 const float* b, float* out, int64_t n) {
#pragma omp simd
  for (int64_t index = 0; index < n; ++index)
    out[index] = mask[index] * a[index] + (1 - mask[index]) * b[index];
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void epilogue(float* out, int64_t n, const float* bias,
                                                                   bool relu, const float* mask) {
  if (bias != nullptr && relu && mask == nullptr) return epilogue_of<true, true, false>(out, n, bias, mask);
  if (bias != nullptr && relu) return epilogue_of<true, true, true>(out, n, bias, mask);
  if (bias != nullptr && mask != nullptr) return epilogue_of<true, false, true>(out, n, bias, mask);
  if (bias != nullptr) return epilogue_of<true, false, false>(out, n, bias, mask);
  if (relu && mask != nullptr) return epilogue_of<false, true, true>(out, n, bias, mask);
  if (relu) return epilogue_of<false, true, false>(out, n, bias, mask);
  if (mask != nullptr) return epilogue_of<false, false, true>(out, n, bias, mask);
}

}  // namespace twopass::cpu::kernels
