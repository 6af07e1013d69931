#include <algorithm>
#include <cmath>
#include <cstddef>

#include "cpu/kernels.hpp"
#include "cpu/parallel.hpp"
#include "cpu/steps.hpp"
#include "twopass/error.hpp"
#include "twopass/op_table.hpp"

// Ops that treat each row as a whole, while it is in the cache.

namespace twopass::cpu {

namespace {

RowStep round_rows(const ResolvedOp& op) {
  const Matrix<const float> in = op.in(0);
  return {in.rows, in.columns,
          [=, out = op.out<Bfloat16>(0), scale = op.scalar(0), shift = op.scalar(1)](int64_t row) {
            kernels::convert(in.row(row), out.row(row), in.columns, scale, shift);
          }};
}

template <class Out>
RowStep row_normalize(const ResolvedOp& op) {
  const Matrix<const float> x = op.in(0);
  return {x.rows, x.columns,
          [=, out = op.out<Out>(0), inverse = op.out(1), epsilon = op.scalar(0),
           kind = static_cast<twopass_normalization>(op.op.mode[0])](int64_t row) {
            const float factor = kernels::normalize(kind, x.row(row), out.row(row), x.columns, epsilon);
            if (inverse) *inverse.row(row) = factor;
          }};
}

template <class Out>
RowStep row_normalize_gradient(const ResolvedOp& op) {
  const Matrix<const float> dy = op.in(0);
  return {dy.rows, dy.columns,
          [=, y = op.in(1), inverse = op.in(2), mask = op.in(3), dx = op.out<Out>(0),
           kind = static_cast<twopass_normalization>(op.op.mode[0])](int64_t row) {
            kernels::normalize_gradient(kind, dy.row(row), y.row(row), *inverse.row(row), mask.at(row, 0),
                                        dx.row(row), dy.columns);
          }};
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

template <class Gradient>
RowStep goodness_loss(const ResolvedOp& op) {
  const Matrix<const float> h = op.in(0);
  return {h.rows, h.columns,
          [=, goodness = op.out(0), loss = op.out(1), gradient = op.out<Gradient>(2),
           kind = static_cast<twopass_goodness>(op.op.mode[0]), positive_rows = op.op.size[0],
           threshold = op.op.scalar[0], scale = op.op.scalar[1]](int64_t row) {
            const double sign = row < positive_rows ? -1 : 1;
            const float squares = kernels::sum_squares(h.row(row), h.columns);
            const RowLoss result =
                row_loss(kind, static_cast<double>(squares), h.columns, sign, threshold, scale);
            if (goodness) *goodness.row(row) = result.goodness;
            if (loss) *loss.row(row) = result.loss;
            if (gradient) kernels::convert(h.row(row), gradient.row(row), h.columns, result.coefficient, 0);
          }};
}

// The bytes of one row of a view, and how far it is to the next one.
struct RowBytes {
  const std::byte* first;
  int64_t bytes, step, rows;

  const std::byte* end() const { return first + (rows - 1) * step + bytes; }
};

template <class Visit>
void each_view(const ResolvedOp& op, const Visit& visit) {
  const auto view = [&](const twopass_view& shape, const void* data, uint32_t type, bool written) {
    if (data == nullptr) return;
    const int64_t bytes = type_bytes(type);
    visit(RowBytes{static_cast<const std::byte*>(data), shape.columns * bytes, shape.stride * bytes,
                   shape.rows},
          written);
  };
  for (size_t index = 0; index < op.in_data.size(); ++index)
    view(op.op.in[index], op.in_data[index], op.in_type[index], false);
  for (size_t index = 0; index < op.out_data.size(); ++index)
    view(op.op.out[index], op.out_data[index], op.out_type[index], true);
}

// Returns make(null pointer to the output's type): bfloat16 where narrow_temps made it so.
template <class Make>
RowStep for_output(const ResolvedOp& op, size_t output, const Make& make) {
  return op.out_type[output] == TWOPASS_BF16 ? make(static_cast<Bfloat16*>(nullptr))
                                             : make(static_cast<float*>(nullptr));
}

}  // namespace

std::optional<RowStep> prepare_rows(const ResolvedOp& op) {
  switch (op.op.code) {
    case TWOPASS_OP_ROW_NORMALIZE:
      return for_output(op, 0, [&]<class T>(T*) { return row_normalize<T>(op); });
    case TWOPASS_OP_ROW_NORMALIZE_GRADIENT:
      return for_output(op, 0, [&]<class T>(T*) { return row_normalize_gradient<T>(op); });
    case TWOPASS_OP_GOODNESS_LOSS:
      return for_output(op, 2, [&]<class T>(T*) { return goodness_loss<T>(op); });
    case TWOPASS_OP_COPY:
      if (op.in_type[0] == TWOPASS_F32 && op.out_type[0] == TWOPASS_BF16 && op.op.slot[0] < 0 &&
          op.op.slot[1] < 0)
        return round_rows(op);
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

bool writes_rounded(const twopass_op& op, size_t output) {
  if (op.code == TWOPASS_OP_GOODNESS_LOSS) return output == 2;
  return (op.code == TWOPASS_OP_ROW_NORMALIZE || op.code == TWOPASS_OP_ROW_NORMALIZE_GRADIENT) && output == 0;
}

bool rows_stay_apart(const ResolvedOp& earlier, const ResolvedOp& later) {
  bool apart = true;
  each_view(earlier, [&](const RowBytes& a, bool a_written) {
    each_view(later, [&](const RowBytes& b, bool b_written) {
      if (!a_written && !b_written) return;
      if (a.end() <= b.first || b.end() <= a.first) return;
      // Both rows 0 within one step, hence all rows r.
      const std::byte* first = std::min(a.first, b.first);
      const std::byte* end = std::max(a.first + a.bytes, b.first + b.bytes);
      if (a.step != b.step || end - first > a.step) apart = false;
    });
  });
  return apart;
}

Step prepare_softmax(const ResolvedOp& op, int threads) {
  return [=, logits = op.in(0), label = op.in<int32_t>(1), loss = op.out(0), gradient = op.out(1),
          scale = op.scalar(0)](const double*) {
    for (int64_t row = 0; row < label.rows; ++row)
      if (*label.row(row) >= logits.columns)
        throw Error("softmax_cross_entropy: label " + std::to_string(*label.row(row)) + " for " +
                        std::to_string(logits.columns) + " classes",
                    TWOPASS_INTERNAL);
    constexpr int64_t kExpCost = 16;  // an exponential function takes as long as so many sums
    parallel_rows(threads, logits.rows, kExpCost * logits.columns, [&](int64_t row) {
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

}  // namespace twopass::cpu
