#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

#include "cuda/fault.hpp"
#include "twopass/abi.h"

namespace twopass::cuda {

// A view with its address on the GPU; absent operands have none. Element (row, column) lies at
// data[row * stride + column]. Nothing is aligned better than to its own type.
template <class T>
struct Matrix {
  T* data = nullptr;
  int64_t rows = 0, columns = 0, stride = 0;
};

// The same, of any type of the ABI.
struct AnyMatrix {
  void* data = nullptr;
  uint32_t type = TWOPASS_F32;
  int64_t rows = 0, columns = 0, stride = 0;
};

// A value of a run: the number of rows at which an operand begins, on the GPU. Null: zero.
using RowOffset = const double*;

// How many optimizers, or reductions down columns, share a kernel at the most.
inline constexpr size_t kMostTogether = 8;

// Each function starts one kernel; formulas are those of <twopass/program.hpp>. Outputs may be the same
// rectangle as inputs where the op may work in place: a thread then reads its element before it writes it,
// and no thread reads what another one writes. Sizes come from the output unless said otherwise, and none is
// zero.

// ---- elementwise.cu

// Numbers of the host, as arguments of kernels (of several, if they are many): a copy would make the stream
// change over to the copy engine and back. They are taken before this returns.
void write_values(const double* values, size_t count, double* out, cudaStream_t stream);
void copy(const AnyMatrix& in, RowOffset in_row, const AnyMatrix& out, RowOffset out_row, int64_t rows,
          float scale, float shift, cudaStream_t stream);
// `bits`: the element's, in as many low bytes as the type has.
void fill(const AnyMatrix& out, uint32_t bits, cudaStream_t stream);
void unary(int32_t function, Matrix<const float> in, Matrix<float> out, float scale, float shift,
           cudaStream_t stream);
void unary_gradient(int32_t function, Matrix<const float> dy, Matrix<const float> y, Matrix<float> dx,
                    cudaStream_t stream);
void binary(int32_t function, Matrix<const float> a, Matrix<const float> b, Matrix<float> out, float a_scale,
            float b_scale, cudaStream_t stream);
void select(Matrix<const float> mask, Matrix<const float> a, Matrix<const float> b, Matrix<float> out,
            cudaStream_t stream);
// out = relu(out + bias), then 0 where mask <= 0; bias [1, n] and mask may be absent.
void epilogue(Matrix<float> out, Matrix<const float> bias, bool relu, Matrix<const float> mask,
              cudaStream_t stream);

// ---- optimizer.cu

struct OptimizerStep {
  int32_t kind;  // twopass_optimizer
  Matrix<const float> gradient;
  Matrix<float> weight, first, second;  // SGD has no second moment
  uint16_t* working_copy;               // bfloat16, laid out as weight, or null
  float beta1, one_minus_beta1, beta2, one_minus_beta2, epsilon, coupled_decay;
  // On the GPU, three values of the run: the learning rate (for Adam divided by 1 - beta1^step), 1 / (1 -
  // beta2^step), and what decoupled decay leaves of the weight.
  const double* settings;
};
// All steps, at most kMostTogether, in one kernel: none may write what another one reads or writes.
void update(const OptimizerStep* steps, size_t count, cudaStream_t stream);

// ---- gather.cu

void gather_rows(const AnyMatrix& in, Matrix<const int32_t> index, RowOffset offset, const AnyMatrix& out,
                 Fault* fault, cudaStream_t stream);
void gather_columns(const AnyMatrix& in, Matrix<const int32_t> maps, Matrix<const int32_t> choice,
                    RowOffset offset, const AnyMatrix& out, uint32_t black_bits, Fault* fault,
                    cudaStream_t stream);
void one_hot(Matrix<const int32_t> label, RowOffset offset, Matrix<float> out, float on, float off,
             cudaStream_t stream);
void clear_fault(Fault* fault, cudaStream_t stream);

// ---- rows.cu: one block per row

void row_reduce(int32_t reduction, Matrix<const float> in, Matrix<float> out, float scale,
                cudaStream_t stream);
void argmax_rows(Matrix<const float> in, Matrix<int32_t> out, cudaStream_t stream);
void row_normalize(int32_t kind, Matrix<const float> x, Matrix<float> out, Matrix<float> inverse,
                   float epsilon, cudaStream_t stream);
void row_normalize_gradient(int32_t kind, Matrix<const float> dy, Matrix<const float> y,
                            Matrix<const float> inverse, Matrix<const float> mask, Matrix<float> dx,
                            cudaStream_t stream);
struct GoodnessLoss {
  int32_t kind;  // twopass_goodness
  Matrix<const float> h;
  Matrix<float> goodness, loss, gradient;  // each may be absent
  int64_t positive_rows;
  double threshold, scale;
};
void goodness_loss(const GoodnessLoss& loss, cudaStream_t stream);
void softmax_cross_entropy(Matrix<const float> logits, Matrix<const int32_t> label, Matrix<float> loss,
                           Matrix<float> gradient, float scale, Fault* fault, cudaStream_t stream);

// ---- columns.cu

struct ColumnReduction {
  int32_t kind;  // twopass_reduction
  Matrix<const float> in;
  Matrix<float> out;
  double scale;
  bool accumulate;
};
// All reductions, at most kMostTogether, in one kernel: none may write what another one reads or writes.
void column_reduce(const ColumnReduction* reductions, size_t count, cudaStream_t stream);
void count_equal(Matrix<const int32_t> a, Matrix<const int32_t> b, int32_t* counter, cudaStream_t stream);

// ---- product.cu

// out[m, n] = alpha * a b + beta * out + bias, relu, mask; a and b are both float32 or both bfloat16.
struct Gemm {
  AnyMatrix a, b;
  bool transpose_a = false, transpose_b = false;
  Matrix<float> out;
  float alpha = 1, beta = 0;
  Matrix<const float> bias;  // [1, n], or absent
  bool relu = false;
  Matrix<const float> mask;  // [m, n], or absent
  int64_t m = 0, n = 0, k = 0;
};
// Tiles in shared memory and no more: right for every shape and alignment, for what cublasLt does not take.
void plain_product(const Gemm& gemm, cudaStream_t stream);

}  // namespace twopass::cuda
