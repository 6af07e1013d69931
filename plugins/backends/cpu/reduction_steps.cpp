#include <algorithm>
#include <memory>
#include <type_traits>
#include <vector>

#include "cpu/kernels.hpp"
#include "cpu/parallel.hpp"
#include "cpu/steps.hpp"

// Row and column reductions, argmax and count_equal.

namespace twopass::cpu {

namespace {

Step row_reduce(const ResolvedOp& op, int threads) {
  const auto kernel_of = [](int32_t reduction) {
    if (reduction == TWOPASS_SUM) return &kernels::sum;
    return reduction == TWOPASS_MAX ? &kernels::maximum : &kernels::sum_squares;
  };
  return [=, in = op.in(0), out = op.out(0), kernel = kernel_of(op.op.mode[0]),
          scale = op.scalar(0)](const double*) {
    parallel_rows(threads, in.rows, in.columns,
                  [&](int64_t row) { *out.row(row) = scale * kernel(in.row(row), in.columns); });
  };
}

// Columns are summed in blocks of rows and of columns that depend on the shape alone, so the result does not
// depend on the number of threads; blocks of rows also keep the rounding error of long sums small.
template <class T>
class ColumnReduction {
 public:
  ColumnReduction(const ResolvedOp& op, int threads)
      : in_(op.in<T>(0)),
        out_(op.out(0)),
        reduction_(static_cast<twopass_reduction>(op.op.mode[0])),
        accumulate_(op.op.mode[1] != 0),
        scale_(op.op.scalar[0]),
        threads_(threads),
        row_blocks_((in_.rows + kRows - 1) / kRows),
        column_blocks_((in_.columns + kColumns - 1) / kColumns),
        partial_(static_cast<size_t>(row_blocks_ * in_.columns)) {}

  void run() {
    parallel_parts(threads_, row_blocks_ * column_blocks_, in_.rows * in_.columns,
                   [&](int64_t first, int64_t end) {
                     for (int64_t task = first; task < end; ++task)
                       reduce_block(task / column_blocks_, task % column_blocks_);
                   });
    for (int64_t column = 0; column < in_.columns; ++column) combine(column);
  }

 private:
  static constexpr int64_t kRows = 256, kColumns = 256;

  void reduce_block(int64_t row_block, int64_t column_block) {
    const int64_t row = row_block * kRows, column = column_block * kColumns;
    const int64_t rows = std::min(kRows, in_.rows - row);
    float* sums = partial_.data() + row_block * in_.columns + column;
    if constexpr (std::is_same_v<T, float>)
      if (in_.columns == 1 && in_.stride == 1) {  // a dense column, such as the losses of a batch
        *sums = reduction_ == TWOPASS_MAX   ? kernels::maximum(in_.row(row), rows)
                : reduction_ == TWOPASS_SUM ? kernels::sum(in_.row(row), rows)
                                            : kernels::sum_squares(in_.row(row), rows);
        return;
      }
    kernels::reduce_columns(reduction_, in_.at(row, column), rows, in_.stride, sums,
                            std::min(kColumns, in_.columns - column));
  }

  void combine(int64_t column) {
    auto total = static_cast<double>(partial_[static_cast<size_t>(column)]);
    for (int64_t block = 1; block < row_blocks_; ++block) {
      const auto value = static_cast<double>(partial_[static_cast<size_t>(block * in_.columns + column)]);
      total = reduction_ == TWOPASS_MAX ? std::max(total, value) : total + value;
    }
    total *= scale_;
    float& out = out_.data[column];
    if (accumulate_) total = reduction_ == TWOPASS_MAX ? std::max<double>(total, out) : total + out;
    out = static_cast<float>(total);
  }

  Matrix<const T> in_;
  Matrix<float> out_;
  twopass_reduction reduction_;
  bool accumulate_;
  double scale_;
  int threads_;
  int64_t row_blocks_, column_blocks_;
  std::vector<float> partial_;
};

template <class T>
Step column_reduce(const ResolvedOp& op, int threads) {
  // Shared, because a Step can be copied.
  return [reduction = std::make_shared<ColumnReduction<T>>(op, threads)](const double*) { reduction->run(); };
}

}  // namespace

bool reads_rounded(const twopass_op& op) {
  return op.code == TWOPASS_OP_COLUMN_REDUCE && op.mode[0] == TWOPASS_SUM;
}

Step prepare_reduction(const ResolvedOp& op, int threads) {
  if (op.op.code == TWOPASS_OP_ROW_REDUCE) return row_reduce(op, threads);
  if (op.op.code == TWOPASS_OP_COLUMN_REDUCE)  // of bfloat16 where narrow_temps made it so
    return op.in_type[0] == TWOPASS_BF16 ? column_reduce<Bfloat16>(op, threads)
                                         : column_reduce<float>(op, threads);
  if (op.op.code == TWOPASS_OP_ARGMAX_ROWS)
    return [=, in = op.in(0), out = op.out<int32_t>(0)](const double*) {
      parallel_rows(threads, in.rows, in.columns,
                    [&](int64_t row) { *out.row(row) = kernels::argmax(in.row(row), in.columns); });
    };
  return [a = op.in<int32_t>(0), b = op.in<int32_t>(1), counter = op.out<int32_t>(0)](const double*) {
    int32_t equal = 0;
    for (int64_t row = 0; row < a.rows; ++row) equal += *a.row(row) == *b.row(row) ? 1 : 0;
    *counter.data += equal;
  };
}

}  // namespace twopass::cpu
