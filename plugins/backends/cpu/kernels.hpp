#pragma once

// Plain loops over contiguous floats, compiled for AVX-512, AVX2 and any x86-64 and picked at load time. An
// output may be the same array as an input; anything else must not overlap. `n` counts elements. NaN goes
// through everything but argmax and maxima.

#include <cstdint>

#include "cpu/bfloat16.hpp"
#include "twopass/abi.h"

namespace twopass::cpu::kernels {

// out = scale * in + shift
void convert(const float* in, float* out, int64_t n, float scale, float shift);
void convert(const uint8_t* in, float* out, int64_t n, float scale, float shift);
void convert(const int32_t* in, float* out, int64_t n, float scale, float shift);
void convert(const Bfloat16* in, float* out, int64_t n, float scale, float shift);
// The same, rounded.
void convert(const float* in, Bfloat16* out, int64_t n, float scale, float shift);
void convert(const Bfloat16* in, Bfloat16* out, int64_t n, float scale, float shift);

// To bfloat16, with the CPU's own conversion where it has one: that takes denormals for zero, as its products
// do.
void round(const float* in, Bfloat16* out, int64_t n);

// out = f(scale * in + shift)
void unary(twopass_unary function, const float* in, float* out, int64_t n, float scale, float shift);
// dx = dy * f'(x) from y = f(x)
void unary_gradient(twopass_unary function, const float* dy, const float* y, float* dx, int64_t n);

// out = f(a_scale * a, b_scale * b), b an array or one value
void binary(twopass_binary function, const float* a, float a_scale, const float* b, float b_scale, float* out,
            int64_t n);
void binary(twopass_binary function, const float* a, float a_scale, float b, float* out, int64_t n);

// out = mask * a + (1 - mask) * b
void select(const float* mask, const float* a, const float* b, float* out, int64_t n);

// out = activation(out + bias), then 0 where mask <= 0; bias and mask may be null.
void epilogue(float* out, int64_t n, const float* bias, bool relu, const float* mask);

float sum(const float* in, int64_t n);
float sum_squares(const float* in, int64_t n);
float maximum(const float* in, int64_t n);
int32_t argmax(const float* in, int64_t n);

// sums[c] = reduction over rows of in[r * stride + c]
void reduce_columns(twopass_reduction reduction, const float* in, int64_t rows, int64_t stride, float* sums,
                    int64_t n);
void reduce_columns(twopass_reduction reduction, const Bfloat16* in, int64_t rows, int64_t stride,
                    float* sums, int64_t n);

// out[c] = in[map[c]], or black where map[c] < 0
void gather(const float* in, const int32_t* map, float* out, int64_t n, float black);
void gather(const uint8_t* in, const int32_t* map, uint8_t* out, int64_t n, uint8_t black);
void gather(const Bfloat16* in, const int32_t* map, Bfloat16* out, int64_t n, Bfloat16 black);
void gather(const int32_t* in, const int32_t* map, int32_t* out, int64_t n, int32_t black);

// Whether all of in[0, n) lie in [first, end).
bool all_within(const int32_t* in, int64_t n, int32_t first, int32_t end);

// Returns log(sum(exp(logits))); with `gradient`: gradient = scale * (softmax(logits) - one_hot(label)).
float softmax(const float* logits, int64_t n, int64_t label, float scale, float* gradient);

// Normalises one row, rounded as by `round` into bfloat16; returns the factor 1/sqrt(... + epsilon).
float normalize(twopass_normalization kind, const float* x, float* out, int64_t n, float epsilon);
float normalize(twopass_normalization kind, const float* x, Bfloat16* out, int64_t n, float epsilon);
// mask may be null.
void normalize_gradient(twopass_normalization kind, const float* dy, const float* y, float inverse,
                        const float* mask, float* dx, int64_t n);
void normalize_gradient(twopass_normalization kind, const float* dy, const float* y, float inverse,
                        const float* mask, Bfloat16* dx, int64_t n);

// A run of weights with what the optimiser keeps for them.
struct Parameters {
  float *weight, *first, *second;  // second: null for SGD
  Bfloat16* copy;                  // the weights rounded, or null

  Parameters from(int64_t index) const {
    return {weight + index, first + index, second == nullptr ? nullptr : second + index,
            copy == nullptr ? nullptr : copy + index};
  }
};

struct Adam {
  float beta1, one_minus_beta1, beta2, one_minus_beta2;
  float rate;        // learning rate / (1 - beta1^step)
  float correction;  // 1 / (1 - beta2^step)
  float epsilon;
  float coupled_decay, kept;  // g += coupled_decay * w; w *= kept
};
struct Sgd {
  float momentum, rate, coupled_decay, kept;
};
// Updates `rows` runs of n weights.
void update(const Adam& adam, const float* gradient, int64_t gradient_stride, const Parameters& at,
            int64_t stride, int64_t rows, int64_t n);
void update(const Sgd& sgd, const float* gradient, int64_t gradient_stride, const Parameters& at,
            int64_t stride, int64_t rows, int64_t n);

}  // namespace twopass::cpu::kernels
