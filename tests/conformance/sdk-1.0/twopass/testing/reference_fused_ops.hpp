#pragma once

// The fused ops in float64, as their formulas say, and the dispatch over all ops.

#include <cmath>
#include <cstdint>

#include "twopass/testing/reference_ops.hpp"

namespace twopass::testing::reference {

inline void row_normalize(const ReferenceOp& step) {
  const Matrix &x = step.in[0], &out = step.out[0], &inverse = step.out[1];
  const int32_t kind = step.op.mode[0];
  const auto size = static_cast<double>(x.columns);
  for (int64_t row = 0; row < x.rows; ++row) {
    double mean = 0, squares = 0;
    for (int64_t column = 0; column < x.columns; ++column) mean += x(row, column) / size;
    if (kind != TWOPASS_LAYER_NORM) mean = 0;
    for (int64_t column = 0; column < x.columns; ++column) squares += std::pow(x(row, column) - mean, 2);
    if (kind != TWOPASS_UNIT_LENGTH) squares /= size;
    const double factor = kind == TWOPASS_NORMALIZE_NONE ? 1 : 1 / std::sqrt(squares + step.op.scalar[0]);
    for (int64_t column = 0; column < x.columns; ++column)
      out(row, column) = (x(row, column) - mean) * factor;
    if (inverse) inverse(row, 0) = factor;
  }
}

inline void row_normalize_gradient(const ReferenceOp& step) {
  const Matrix &dy = step.in[0], &y = step.in[1], &inverse = step.in[2], &mask = step.in[3],
               &dx = step.out[0];
  const int32_t kind = step.op.mode[0];
  const auto size = static_cast<double>(dy.columns);
  for (int64_t row = 0; row < dy.rows; ++row) {
    double mean = 0, projection = 0;
    const double factor = kind == TWOPASS_NORMALIZE_NONE ? 1 : inverse(row, 0);
    for (int64_t column = 0; column < dy.columns; ++column) {
      if (kind == TWOPASS_LAYER_NORM) mean += dy(row, column) / size;
      if (kind == TWOPASS_LAYER_NORM || kind == TWOPASS_UNIT_RMS)
        projection += dy(row, column) * y(row, column) / size;
      if (kind == TWOPASS_UNIT_LENGTH) projection += dy(row, column) * y(row, column);
    }
    for (int64_t column = 0; column < dy.columns; ++column)
      dx(row, column) =
          masked(mask, row, column, factor * (dy(row, column) - mean - y(row, column) * projection));
  }
}

inline void goodness_loss(const ReferenceOp& step) {
  const Matrix &h = step.in[0], &goodness = step.out[0], &loss = step.out[1], &gradient = step.out[2];
  const int32_t kind = step.op.mode[0];
  const double threshold = step.op.scalar[0], scale = step.op.scalar[1];
  for (int64_t row = 0; row < h.rows; ++row) {
    double squares = 0;
    for (int64_t column = 0; column < h.columns; ++column) squares += h(row, column) * h(row, column);
    if (kind == TWOPASS_MEAN_SQUARES_GOODNESS) squares /= static_cast<double>(h.columns);
    const double value = kind == TWOPASS_NORM ? std::sqrt(squares) : squares;
    const double sign = row < step.op.size[0] ? -1 : 1;
    if (goodness) goodness(row, 0) = value;
    if (loss) loss(row, 0) = softplus(sign * (value - threshold));
    const double loss_slope = sign * sigmoid(sign * (value - threshold));
    double goodness_slope = 2;  // d goodness/dh = goodness_slope * h
    if (kind == TWOPASS_MEAN_SQUARES_GOODNESS) goodness_slope = 2 / static_cast<double>(h.columns);
    if (kind == TWOPASS_NORM) goodness_slope = value > 0 ? 1 / value : 0;
    for (int64_t column = 0; gradient && column < h.columns; ++column)
      gradient(row, column) = scale * loss_slope * goodness_slope * h(row, column);
  }
}

inline void select(const ReferenceOp& step) {
  const Matrix &mask = step.in[0], &a = step.in[1], &b = step.in[2], &out = step.out[0];
  each(out, [&](int64_t row, int64_t column) {
    out(row, column) = mask(row, column) * a(row, column) + (1 - mask(row, column)) * b(row, column);
  });
}

inline void run(const ReferenceOp& step, const double* slots) {
  switch (step.op.code) {
    case TWOPASS_OP_COPY:
      return copy(step, slots);
    case TWOPASS_OP_FILL:
      return each(step.out[0],
                  [&](int64_t row, int64_t column) { step.out[0](row, column) = step.op.scalar[0]; });
    case TWOPASS_OP_GEMM:
      return gemm(step);
    case TWOPASS_OP_GATHER_ROWS:
      return gather_rows(step, slots);
    case TWOPASS_OP_GATHER_COLUMNS:
      return gather_columns(step, slots);
    case TWOPASS_OP_ONE_HOT:
      return one_hot(step, slots);
    case TWOPASS_OP_UNARY:
      return unary(step);
    case TWOPASS_OP_UNARY_GRADIENT:
      return unary_gradient(step);
    case TWOPASS_OP_BINARY:
      return binary(step);
    case TWOPASS_OP_ROW_REDUCE:
      return row_reduce(step);
    case TWOPASS_OP_COLUMN_REDUCE:
      return column_reduce(step);
    case TWOPASS_OP_SOFTMAX_CROSS_ENTROPY:
      return softmax_cross_entropy(step);
    case TWOPASS_OP_ARGMAX_ROWS:
      return argmax_rows(step);
    case TWOPASS_OP_COUNT_EQUAL:
      return count_equal(step);
    case TWOPASS_OP_OPTIMIZER:
      return optimizer(step, slots);
    case TWOPASS_OP_ROW_NORMALIZE:
      return row_normalize(step);
    case TWOPASS_OP_ROW_NORMALIZE_GRADIENT:
      return row_normalize_gradient(step);
    case TWOPASS_OP_GOODNESS_LOSS:
      return goodness_loss(step);
    case TWOPASS_OP_SELECT:
      return select(step);
    default:
      throw Error("reference backend: " + op_name(step.op.code) + " is missing", TWOPASS_UNSUPPORTED);
  }
}

}  // namespace twopass::testing::reference
