#include <cmath>

#include "cpu/kernels.hpp"
#include "cpu/store.hpp"

// Kernels of one row, which is read several times while it is in the cache.

namespace twopass::cpu::kernels {

namespace {

template <class T>
[[gnu::always_inline]] inline void gather_any(const T* in, const int32_t* map, T* out, int64_t n, T black) {
#pragma omp simd
  for (int64_t index = 0; index < n; ++index) {
    const int32_t source = map[index];
    const T value = in[source < 0 ? 0 : source];
    out[index] = source < 0 ? black : value;
  }
}

[[gnu::always_inline]] inline float reduction_scale(twopass_normalization kind, int64_t n) {
  return kind == TWOPASS_UNIT_LENGTH ? 1 : 1 / static_cast<float>(n);
}

template <class Out>
[[gnu::always_inline]] inline float normalize_any(twopass_normalization kind, const float* x, Out* out,
                                                  int64_t n, float epsilon) {
  float mean = 0, squares = 0;
  if (kind == TWOPASS_LAYER_NORM) {
#pragma omp simd reduction(+ : mean)
    for (int64_t index = 0; index < n; ++index) mean += x[index];
    mean /= static_cast<float>(n);
  }
#pragma omp simd reduction(+ : squares)
  for (int64_t index = 0; index < n; ++index) squares += (x[index] - mean) * (x[index] - mean);
  const float inverse =
      kind == TWOPASS_NORMALIZE_NONE ? 1 : 1 / std::sqrt(squares * reduction_scale(kind, n) + epsilon);
  store(out, n, [=](int64_t index) { return (x[index] - mean) * inverse; });
  return inverse;
}

template <class Out>
[[gnu::always_inline]] inline void gradient_any(twopass_normalization kind, const float* dy, const float* y,
                                                float inverse, const float* mask, Out* dx, int64_t n) {
  float mean = 0, projection = 0;
  if (kind == TWOPASS_NORMALIZE_NONE) {
    inverse = 1;
  } else {
#pragma omp simd reduction(+ : mean, projection)
    for (int64_t index = 0; index < n; ++index) {
      mean += dy[index];
      projection += dy[index] * y[index];
    }
    mean = kind == TWOPASS_LAYER_NORM ? mean / static_cast<float>(n) : 0;
    projection *= reduction_scale(kind, n);
  }
  const auto slope = [=](int64_t index) { return inverse * (dy[index] - mean - y[index] * projection); };
  if (mask == nullptr) return store(dx, n, slope);
  store(dx, n, [=](int64_t index) {
    const float value = slope(index);
    return mask[index] <= 0 ? 0 : value;
  });
}

}  // namespace

[[gnu::target_clones("avx512f", "avx2", "default")]] void gather(const float* in, const int32_t* map,
                                                                 float* out, int64_t n, float black) {
  gather_any(in, map, out, n, black);
}

void gather(const uint8_t* in, const int32_t* map, uint8_t* out, int64_t n, uint8_t black) {
  gather_any(in, map, out, n, black);
}

void gather(const Bfloat16* in, const int32_t* map, Bfloat16* out, int64_t n, Bfloat16 black) {
  gather_any(in, map, out, n, black);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void gather(const int32_t* in, const int32_t* map,
                                                                 int32_t* out, int64_t n, int32_t black) {
  gather_any(in, map, out, n, black);
}

float softmax(const float* logits, int64_t n, int64_t label, float scale, float* gradient) {
  const float largest = maximum(logits, n);
  float total = 0;
  for (int64_t index = 0; index < n; ++index) {
    const float value = std::exp(logits[index] - largest);
    if (gradient != nullptr) gradient[index] = value;
    total += value;
  }
  if (gradient != nullptr) {
    const float factor = scale / total;
    for (int64_t index = 0; index < n; ++index) gradient[index] *= factor;
    gradient[label] -= scale;
  }
  return std::log(total) + largest;
}

[[gnu::target_clones("avx512f", "avx2", "default")]] float normalize(twopass_normalization kind,
                                                                     const float* x, float* out, int64_t n,
                                                                     float epsilon) {
  return normalize_any(kind, x, out, n, epsilon);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] float normalize(twopass_normalization kind,
                                                                     const float* x, Bfloat16* out, int64_t n,
                                                                     float epsilon) {
  return normalize_any(kind, x, out, n, epsilon);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void normalize_gradient(twopass_normalization kind,
                                                                             const float* dy, const float* y,
                                                                             float inverse, const float* mask,
                                                                             float* dx, int64_t n) {
  gradient_any(kind, dy, y, inverse, mask, dx, n);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void normalize_gradient(twopass_normalization kind,
                                                                             const float* dy, const float* y,
                                                                             float inverse, const float* mask,
                                                                             Bfloat16* dx, int64_t n) {
  gradient_any(kind, dy, y, inverse, mask, dx, n);
}

}  // namespace twopass::cpu::kernels
