#pragma once

// Every mandatory op in float64, as its formula says: what a backend's results are compared with. Integers
// are held as doubles too, which is exact. Ops are documented at their recording functions in
// <twopass/program.hpp>.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "twopass/abi.h"
#include "twopass/error.hpp"
#include "twopass/op_table.hpp"

namespace twopass::testing {

// A view with its data. An absent operand has no data.
struct Matrix {
  double* data = nullptr;
  int64_t rows = 0, columns = 0, stride = 0;

  explicit operator bool() const { return data != nullptr; }
  double& operator()(int64_t row, int64_t column) const { return data[row * stride + column]; }
  int64_t integer(int64_t row, int64_t column) const { return static_cast<int64_t>((*this)(row, column)); }
};

// An op with its operands resolved.
struct ReferenceOp {
  twopass_op op;
  Matrix in[6], out[4];
};

namespace reference {

template <class Body>
void each(const Matrix& matrix, Body&& body) {
  for (int64_t row = 0; row < matrix.rows; ++row)
    for (int64_t column = 0; column < matrix.columns; ++column) body(row, column);
}

inline void require(bool condition, const char* what) {
  if (!condition) throw Error(std::string("reference backend: ") + what, TWOPASS_INTERNAL);
}

// A slot's row offset, or 0.
inline int64_t offset(const ReferenceOp& step, size_t slot, const double* slots) {
  return step.op.slot[slot] < 0 ? 0 : static_cast<int64_t>(slots[step.op.slot[slot]]);
}

// The masks of the op set: NaN is no reason to mask.
inline double masked(const Matrix& mask, int64_t row, int64_t column, double value) {
  return mask && mask(row, column) <= 0 ? 0 : value;
}

inline double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

inline double unary_value(int32_t function, double x) {
  switch (function) {
    case TWOPASS_RELU:
      return x < 0 ? 0 : x;  // NaN stays NaN
    case TWOPASS_SQUARE:
      return x * x;
    case TWOPASS_SQRT:
      return std::sqrt(x);
    case TWOPASS_RSQRT:
      return 1 / std::sqrt(x);
    case TWOPASS_RECIPROCAL:
      return 1 / x;
    case TWOPASS_EXP:
      return std::exp(x);
    case TWOPASS_LOG:
      return std::log(x);
    case TWOPASS_SOFTPLUS:
      return softplus(x);
    case TWOPASS_SIGMOID:
      return sigmoid(x);
    case TWOPASS_TANH:
      return std::tanh(x);
    default:
      return x;
  }
}

inline double unary_slope(int32_t function, double y) {
  switch (function) {
    case TWOPASS_SIGMOID:
      return y * (1 - y);
    case TWOPASS_TANH:
      return 1 - y * y;
    case TWOPASS_SOFTPLUS:
      return 1 - std::exp(-y);
    case TWOPASS_EXP:
      return y;
    default:  // TWOPASS_SQRT
      return 1 / (2 * y);
  }
}

inline double binary_value(int32_t function, double a, double b) {
  switch (function) {
    case TWOPASS_ADD:
      return a + b;
    case TWOPASS_MULTIPLY:
      return a * b;
    case TWOPASS_DIVIDE:
      return a / b;
    case TWOPASS_MAXIMUM:
      return a > b ? a : b;
    default:
      return a < b ? a : b;
  }
}

inline double reduce(int32_t reduction, double sum, double x) {
  if (reduction == TWOPASS_MAX) return std::max(sum, x);
  return sum + (reduction == TWOPASS_SUM_SQUARES ? x * x : x);
}
inline double reduction_start(int32_t reduction) { return reduction == TWOPASS_MAX ? -HUGE_VAL : 0; }

inline void copy(const ReferenceOp& step, const double* slots) {
  const Matrix &in = step.in[0], &out = step.out[0];
  const int64_t in_row = offset(step, 0, slots), out_row = offset(step, 1, slots);
  for (int64_t row = 0; row < std::min(in.rows, out.rows); ++row)
    for (int64_t column = 0; column < in.columns; ++column)
      out(out_row + row, column) = step.op.scalar[0] * in(in_row + row, column) + step.op.scalar[1];
}

inline void gemm(const ReferenceOp& step) {
  const Matrix &a = step.in[0], &b = step.in[1], &bias = step.in[2], &mask = step.in[3], &out = step.out[0];
  const bool transpose_a = step.op.mode[0] != 0, transpose_b = step.op.mode[1] != 0;
  const int64_t inner = transpose_a ? a.rows : a.columns;
  const double alpha = step.op.scalar[0], beta = step.op.scalar[1];
  each(out, [&](int64_t row, int64_t column) {
    double sum = 0;
    for (int64_t k = 0; k < inner; ++k)
      sum += (transpose_a ? a(k, row) : a(row, k)) * (transpose_b ? b(column, k) : b(k, column));
    double value = alpha * sum + (bias ? bias(0, column) : 0);
    if (beta != 0) value += beta * out(row, column);
    out(row, column) = masked(mask, row, column, unary_value(step.op.mode[2], value));
  });
}

inline void gather_rows(const ReferenceOp& step, const double* slots) {
  const Matrix &in = step.in[0], &index = step.in[1], &out = step.out[0];
  const int64_t first = offset(step, 0, slots);
  each(out, [&](int64_t row, int64_t column) {
    const int64_t source = index.integer(first + row, 0);
    require(source >= 0 && source < in.rows, "gather_rows: an index lies outside of in");
    out(row, column) = in(source, column);
  });
}

inline void gather_columns(const ReferenceOp& step, const double* slots) {
  const Matrix &in = step.in[0], &maps = step.in[1], &choice = step.in[2], &out = step.out[0];
  const int64_t first = offset(step, 0, slots);
  each(out, [&](int64_t row, int64_t column) {
    const int64_t map = choice.integer(first + row, 0);
    require(map >= 0 && map < maps.rows, "gather_columns: a choice lies outside of maps");
    const int64_t source = maps.integer(map, column);
    require(source >= -1 && source < in.columns, "gather_columns: a map points outside of in");
    out(row, column) = source < 0 ? step.op.scalar[0] : in(row, source);
  });
}

inline void one_hot(const ReferenceOp& step, const double* slots) {
  const int64_t first = offset(step, 0, slots);
  each(step.out[0], [&](int64_t row, int64_t column) {
    step.out[0](row, column) = step.op.scalar[column == step.in[0].integer(first + row, 0) ? 0 : 1];
  });
}

inline void unary(const ReferenceOp& step) {
  each(step.out[0], [&](int64_t row, int64_t column) {
    const double x = step.op.scalar[0] * step.in[0](row, column) + step.op.scalar[1];
    step.out[0](row, column) = unary_value(step.op.mode[0], x);
  });
}

inline void unary_gradient(const ReferenceOp& step) {
  const Matrix &dy = step.in[0], &y = step.in[1], &dx = step.out[0];
  each(dx, [&](int64_t row, int64_t column) {
    dx(row, column) = step.op.mode[0] == TWOPASS_RELU
                          ? masked(y, row, column, dy(row, column))
                          : dy(row, column) * unary_slope(step.op.mode[0], y(row, column));
  });
}

inline void binary(const ReferenceOp& step) {
  const Matrix &a = step.in[0], &b = step.in[1], &out = step.out[0];
  each(out, [&](int64_t row, int64_t column) {
    const double other = b(b.rows == 1 ? 0 : row, b.columns == 1 ? 0 : column);
    out(row, column) =
        binary_value(step.op.mode[0], step.op.scalar[0] * a(row, column), step.op.scalar[1] * other);
  });
}

inline void row_reduce(const ReferenceOp& step) {
  const Matrix& in = step.in[0];
  for (int64_t row = 0; row < in.rows; ++row) {
    double sum = reduction_start(step.op.mode[0]);
    for (int64_t column = 0; column < in.columns; ++column)
      sum = reduce(step.op.mode[0], sum, in(row, column));
    step.out[0](row, 0) = step.op.scalar[0] * sum;
  }
}

inline void column_reduce(const ReferenceOp& step) {
  const Matrix &in = step.in[0], &out = step.out[0];
  for (int64_t column = 0; column < in.columns; ++column) {
    double sum = reduction_start(step.op.mode[0]);
    for (int64_t row = 0; row < in.rows; ++row) sum = reduce(step.op.mode[0], sum, in(row, column));
    sum *= step.op.scalar[0];
    if (step.op.mode[1] != 0)
      sum = step.op.mode[0] == TWOPASS_MAX ? std::max(sum, out(0, column)) : sum + out(0, column);
    out(0, column) = sum;
  }
}

inline void softmax_cross_entropy(const ReferenceOp& step) {
  const Matrix &logits = step.in[0], &label = step.in[1], &loss = step.out[0], &gradient = step.out[1];
  for (int64_t row = 0; row < logits.rows; ++row) {
    const int64_t target = label.integer(row, 0);
    require(target < logits.columns, "softmax_cross_entropy: a label lies outside of the logits");
    double largest = -HUGE_VAL, sum = 0;
    for (int64_t column = 0; column < logits.columns; ++column)
      largest = std::max(largest, logits(row, column));
    for (int64_t column = 0; column < logits.columns; ++column)
      sum += std::exp(logits(row, column) - largest);
    if (loss) loss(row, 0) = target < 0 ? 0 : std::log(sum) + largest - logits(row, target);
    for (int64_t column = 0; gradient && column < logits.columns; ++column) {
      const double probability = std::exp(logits(row, column) - largest) / sum;
      gradient(row, column) = target < 0 ? 0 : step.op.scalar[0] * (probability - (column == target ? 1 : 0));
    }
  }
}

inline void argmax_rows(const ReferenceOp& step) {
  const Matrix& in = step.in[0];
  for (int64_t row = 0; row < in.rows; ++row) {
    int64_t best = 0;
    for (int64_t column = 1; column < in.columns; ++column)
      if (in(row, column) > in(row, best)) best = column;
    step.out[0](row, 0) = static_cast<double>(best);
  }
}

inline void count_equal(const ReferenceOp& step) {
  for (int64_t row = 0; row < step.in[0].rows; ++row)
    if (step.in[0](row, 0) == step.in[1](row, 0)) step.out[0](0, 0) += 1;
}

inline void optimizer(const ReferenceOp& step, const double* slots) {
  const Matrix &gradient = step.in[0], &weight = step.out[0], &first = step.out[1], &second = step.out[2];
  const double beta1 = step.op.scalar[0], beta2 = step.op.scalar[1], epsilon = step.op.scalar[2];
  const double decay = step.op.scalar[3], rate = slots[step.op.slot[0]];
  const double number = step.op.slot[1] < 0 ? 0 : slots[step.op.slot[1]];
  const bool decoupled = step.op.mode[1] != 0;
  each(weight, [&](int64_t row, int64_t column) {
    double &w = weight(row, column), &m = first(row, column);
    const double g = gradient(row, column) + (decoupled ? 0 : decay * w);
    if (decoupled) w -= rate * decay * w;
    if (step.op.mode[0] == TWOPASS_SGD) {
      m = beta1 * m + g;
      w -= rate * m;
      return;
    }
    double& v = second(row, column);
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    w -=
        rate * (m / (1 - std::pow(beta1, number))) / (std::sqrt(v / (1 - std::pow(beta2, number))) + epsilon);
  });
}

}  // namespace reference
}  // namespace twopass::testing
