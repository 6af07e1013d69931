#include "cpu/gemm.hpp"

#include "cpu/kernels.hpp"
#include "cpu/parallel.hpp"

namespace twopass::cpu {

Gemm::Gemm(const ResolvedOp& op)
    : a(op.in_type[0] == TWOPASS_BF16 ? Matrix<const float>() : op.in(0)),
      b(op.in(1)),
      rounded_a(op.in_type[0] == TWOPASS_BF16 ? op.in<Bfloat16>(0) : Matrix<const Bfloat16>()),
      out(op.out(0)),
      transpose_a(op.op.mode[0] != 0),
      transpose_b(op.op.mode[1] != 0),
      relu(op.op.mode[2] == TWOPASS_RELU),
      alpha(op.scalar(0)),
      beta(op.scalar(1)),
      bias(op.in(2).data),
      mask(op.in(3)),
      m(out.rows),
      n(out.columns),
      k(transpose_a ? op.op.in[0].rows : op.op.in[0].columns) {}

void run_epilogue(const Gemm& gemm, int threads) {
  if (!gemm.has_epilogue()) return;
  parallel_rows(threads, gemm.m, gemm.n, [&](int64_t row) {
    kernels::epilogue(gemm.out.row(row), gemm.n, gemm.bias, gemm.relu, gemm.mask.at(row, 0));
  });
}

}  // namespace twopass::cpu
