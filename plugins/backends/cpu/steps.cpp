#include "cpu/steps.hpp"

#include "cpu/kernels.hpp"
#include "cpu/parallel.hpp"
#include "twopass/error.hpp"
#include "twopass/op_table.hpp"

namespace twopass::cpu {

Step prepare(const ResolvedOp& op, int threads) {
  switch (op.op.code) {
    case TWOPASS_OP_COPY:
    case TWOPASS_OP_FILL:
      return prepare_copy(op, threads);
    case TWOPASS_OP_GATHER_ROWS:
    case TWOPASS_OP_GATHER_COLUMNS:
    case TWOPASS_OP_ONE_HOT:
      return prepare_gather(op, threads);
    case TWOPASS_OP_UNARY:
    case TWOPASS_OP_UNARY_GRADIENT:
    case TWOPASS_OP_BINARY:
    case TWOPASS_OP_SELECT:
      return prepare_elementwise(op, threads);
    case TWOPASS_OP_ROW_REDUCE:
    case TWOPASS_OP_COLUMN_REDUCE:
    case TWOPASS_OP_ARGMAX_ROWS:
    case TWOPASS_OP_COUNT_EQUAL:
      return prepare_reduction(op, threads);
    case TWOPASS_OP_SOFTMAX_CROSS_ENTROPY:
      return prepare_softmax(op, threads);
    case TWOPASS_OP_OPTIMIZER:
      return prepare_optimizer(op, threads);
    default:
      throw Error("this backend has no op " + op_name(op.op.code), TWOPASS_UNSUPPORTED);
  }
}

Step prepare_elementwise(const ResolvedOp& op, int threads) {
  const Matrix<const float> a = op.in(0), b = op.in(1), c = op.in(2);
  const Matrix<float> out = op.out(0);
  const bool dense = a.dense() && b.dense() && c.dense() && out.dense();
  const float scale = op.scalar(0), other_scale = op.scalar(1);
  const auto spans = [=](const auto& body) {
    return [=](const double*) { parallel_spans(threads, out.rows, out.columns, dense, body); };
  };
  if (op.op.code == TWOPASS_OP_UNARY)
    return spans(
        [=, function = static_cast<twopass_unary>(op.op.mode[0])](int64_t row, int64_t column, int64_t n) {
          kernels::unary(function, a.at(row, column), out.at(row, column), n, scale, other_scale);
        });
  if (op.op.code == TWOPASS_OP_UNARY_GRADIENT)
    return spans(
        [=, function = static_cast<twopass_unary>(op.op.mode[0])](int64_t row, int64_t column, int64_t n) {
          kernels::unary_gradient(function, a.at(row, column), b.at(row, column), out.at(row, column), n);
        });
  if (op.op.code == TWOPASS_OP_SELECT)
    return spans([=](int64_t row, int64_t column, int64_t n) {
      kernels::select(a.at(row, column), b.at(row, column), c.at(row, column), out.at(row, column), n);
    });

  const auto function = static_cast<twopass_binary>(op.op.mode[0]);
  if (b.rows == out.rows && b.columns == out.columns)
    return spans([=](int64_t row, int64_t column, int64_t n) {
      kernels::binary(function, a.at(row, column), scale, b.at(row, column), other_scale, out.at(row, column),
                      n);
    });
  return [=](const double*) {
    parallel_rows(threads, out.rows, out.columns, [=](int64_t row) {
      const float* other = b.row(b.rows == 1 ? 0 : row);
      if (b.columns == 1)
        kernels::binary(function, a.row(row), scale, other_scale * *other, out.row(row), out.columns);
      else
        kernels::binary(function, a.row(row), scale, other, other_scale, out.row(row), out.columns);
    });
  };
}

}  // namespace twopass::cpu
