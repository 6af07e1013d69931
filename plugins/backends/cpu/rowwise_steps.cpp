#include <cmath>

#include "cpu/kernels.hpp"
#include "cpu/parallel.hpp"
#include "cpu/steps.hpp"
#include "twopass/error.hpp"

// Ops that treat each row as a whole, while it is in the cache.

namespace twopass::cpu {

namespace {

Step softmax_cross_entropy(const ResolvedOp& op, int threads) {
  return [=, logits = op.in(0), label = op.in<int32_t>(1), loss = op.out(0), gradient = op.out(1),
          scale = op.scalar(0)](const double*) {
    for (int64_t row = 0; row < label.rows; ++row)
      if (*label.row(row) >= logits.columns)
        throw Error("softmax_cross_entropy: label " + std::to_string(*label.row(row)) + " for " +
                        std::to_string(logits.columns) + " classes",
                    TWOPASS_INTERNAL);
    parallel_rows(threads, logits.rows, logits.columns, [&](int64_t row) {
      const int64_t target = *label.row(row);
      float* slope = gradient.at(row, 0);
      if (target < 0) {
        if (loss) *loss.row(row) = 0;
        if (gradient) std::fill_n(slope, gradient.columns, 0.0F);
        return;
      }
      const float total = kernels::softmax(logits.row(row), logits.columns, target, scale, slope);
      if (loss) *loss.row(row) = total - logits.row(row)[target];
    });
  };
}

Step row_normalize(const ResolvedOp& op, int threads) {
  return [=, x = op.in(0), out = op.out(0), inverse = op.out(1), epsilon = op.scalar(0),
          kind = static_cast<twopass_normalization>(op.op.mode[0])](const double*) {
    parallel_rows(threads, x.rows, x.columns, [&](int64_t row) {
      const float factor = kernels::normalize(kind, x.row(row), out.row(row), x.columns, epsilon);
      if (inverse) *inverse.row(row) = factor;
    });
  };
}

Step row_normalize_gradient(const ResolvedOp& op, int threads) {
  return [=, dy = op.in(0), y = op.in(1), inverse = op.in(2), mask = op.in(3), dx = op.out(0),
          kind = static_cast<twopass_normalization>(op.op.mode[0])](const double*) {
    parallel_rows(threads, dy.rows, dy.columns, [&](int64_t row) {
      kernels::normalize_gradient(kind, dy.row(row), y.row(row), *inverse.row(row), mask.at(row, 0),
                                  dx.row(row), dy.columns);
    });
  };
}

struct RowLoss {
  float goodness, loss, coefficient;  // gradient = coefficient * h
};

// Scalars of one row; in double, because they are few and norms of large layers lose digits.
RowLoss row_loss(twopass_goodness kind, double squares, int64_t columns, double sign, double threshold,
                 double scale) {
  const auto size = static_cast<double>(columns);
  double goodness = squares, slope = 2;  // d goodness/dh = slope * h
  if (kind == TWOPASS_MEAN_SQUARES_GOODNESS) {
    goodness = squares / size;
    slope = 2 / size;
  } else if (kind == TWOPASS_NORM) {
    goodness = std::sqrt(squares);
    slope = goodness > 0 ? 1 / goodness : 0;
  }
  const double excess = sign * (goodness - threshold);
  const double loss = std::max(excess, 0.0) + std::log1p(std::exp(-std::abs(excess)));
  const double coefficient = scale * sign * slope / (1 + std::exp(-excess));
  return {static_cast<float>(goodness), static_cast<float>(loss), static_cast<float>(coefficient)};
}

Step goodness_loss(const ResolvedOp& op, int threads) {
  return [=, h = op.in(0), goodness = op.out(0), loss = op.out(1), gradient = op.out(2),
          kind = static_cast<twopass_goodness>(op.op.mode[0]), positive_rows = op.op.size[0],
          threshold = op.op.scalar[0], scale = op.op.scalar[1]](const double*) {
    parallel_rows(threads, h.rows, h.columns, [&](int64_t row) {
      const double sign = row < positive_rows ? -1 : 1;
      const float squares = kernels::sum_squares(h.row(row), h.columns);
      const RowLoss result = row_loss(kind, static_cast<double>(squares), h.columns, sign, threshold, scale);
      if (goodness) *goodness.row(row) = result.goodness;
      if (loss) *loss.row(row) = result.loss;
      if (gradient) kernels::convert(h.row(row), gradient.row(row), h.columns, result.coefficient, 0);
    });
  };
}

}  // namespace

Step prepare_rowwise(const ResolvedOp& op, int threads) {
  switch (op.op.code) {
    case TWOPASS_OP_SOFTMAX_CROSS_ENTROPY:
      return softmax_cross_entropy(op, threads);
    case TWOPASS_OP_ROW_NORMALIZE:
      return row_normalize(op, threads);
    case TWOPASS_OP_ROW_NORMALIZE_GRADIENT:
      return row_normalize_gradient(op, threads);
    default:
      return goodness_loss(op, threads);
  }
}

}  // namespace twopass::cpu
