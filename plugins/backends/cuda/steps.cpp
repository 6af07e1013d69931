#include "cuda/steps.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <type_traits>

#include "cuda/kernels.hpp"
#include "twopass/error.hpp"
#include "twopass/op_table.hpp"

namespace twopass::cuda {

namespace {

// An op's operands in the form that kernels take.
class Operands {
 public:
  explicit Operands(const BoundOp& op) : op_(op) {}

  template <class T = float>
  Matrix<const T> in(size_t position) const {
    const twopass_view& view = op_.op.in[position];
    return {static_cast<const T*>(op_.in_data[position]), view.rows, view.columns, view.stride};
  }
  template <class T = float>
  Matrix<T> out(size_t position) const {
    const twopass_view& view = op_.op.out[position];
    return {static_cast<T*>(op_.out_data[position]), view.rows, view.columns, view.stride};
  }
  AnyMatrix any_in(size_t position) const {
    const twopass_view& view = op_.op.in[position];
    return {op_.in_data[position], op_.in_type[position], view.rows, view.columns, view.stride};
  }
  AnyMatrix any_out(size_t position) const {
    const twopass_view& view = op_.op.out[position];
    return {op_.out_data[position], op_.out_type[position], view.rows, view.columns, view.stride};
  }
  RowOffset offset(size_t position) const {
    const int32_t slot = op_.op.slot[position];
    return slot < 0 ? nullptr : op_.slots + slot;
  }
  float scalar(size_t position) const { return static_cast<float>(op_.op.scalar[position]); }
  int32_t mode(size_t position) const { return op_.op.mode[position]; }

 private:
  const BoundOp& op_;
};

// A number as the bits of an element of some type.
uint32_t element_bits(uint32_t type, double value) {
  switch (type) {
    case TWOPASS_I32:
      return static_cast<uint32_t>(static_cast<int32_t>(value));
    case TWOPASS_U8:
      return static_cast<uint8_t>(value);
    case TWOPASS_BF16: {
      const auto bits = std::bit_cast<uint32_t>(static_cast<float>(value));
      return value != value ? 0x7fc0 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    }
    default:
      return std::bit_cast<uint32_t>(static_cast<float>(value));
  }
}

Step moving(const BoundOp& op, Fault* fault) {
  const Operands with(op);
  switch (op.op.code) {
    case TWOPASS_OP_COPY:
      return [in = with.any_in(0), in_row = with.offset(0), out = with.any_out(0), out_row = with.offset(1),
              scale = with.scalar(0), shift = with.scalar(1)](cudaStream_t stream) {
        copy(in, in_row, out, out_row, std::min(in.rows, out.rows), scale, shift, stream);
      };
    case TWOPASS_OP_FILL:
      return [out = with.any_out(0), bits = element_bits(op.out_type[0], op.op.scalar[0])](
                 cudaStream_t stream) { fill(out, bits, stream); };
    case TWOPASS_OP_GATHER_ROWS:
      return
          [in = with.any_in(0), index = with.in<int32_t>(1), offset = with.offset(0), out = with.any_out(0),
           fault](cudaStream_t stream) { gather_rows(in, index, offset, out, fault, stream); };
    case TWOPASS_OP_GATHER_COLUMNS:
      return [in = with.any_in(0), maps = with.in<int32_t>(1), choice = with.in<int32_t>(2),
              offset = with.offset(0), out = with.any_out(0),
              black = element_bits(op.out_type[0], op.op.scalar[0]), fault](cudaStream_t stream) {
        gather_columns(in, maps, choice, offset, out, black, fault, stream);
      };
    default:  // TWOPASS_OP_ONE_HOT
      return [label = with.in<int32_t>(0), offset = with.offset(0), out = with.out(0), on = with.scalar(0),
              off = with.scalar(1)](cudaStream_t stream) { one_hot(label, offset, out, on, off, stream); };
  }
}

Step elementwise(const BoundOp& op) {
  const Operands with(op);
  const auto first = with.in(0), second = with.in(1), third = with.in(2);
  const auto out = with.out(0);
  const float scale = with.scalar(0), other_scale = with.scalar(1);
  const int32_t function = with.mode(0);
  switch (op.op.code) {
    case TWOPASS_OP_UNARY:
      return [=](cudaStream_t stream) { unary(function, first, out, scale, other_scale, stream); };
    case TWOPASS_OP_UNARY_GRADIENT:
      return [=](cudaStream_t stream) { unary_gradient(function, first, second, out, stream); };
    case TWOPASS_OP_BINARY:
      return [=](cudaStream_t stream) { binary(function, first, second, out, scale, other_scale, stream); };
    default:  // TWOPASS_OP_SELECT
      return [=](cudaStream_t stream) { select(first, second, third, out, stream); };
  }
}

Step reducing(const BoundOp& op) {
  const Operands with(op);
  const auto in = with.in(0);
  const int32_t reduction = with.mode(0);
  switch (op.op.code) {
    case TWOPASS_OP_ROW_REDUCE:
      return [=, out = with.out(0), scale = with.scalar(0)](cudaStream_t stream) {
        row_reduce(reduction, in, out, scale, stream);
      };
    case TWOPASS_OP_ARGMAX_ROWS:
      return [=, out = with.out<int32_t>(0)](cudaStream_t stream) { argmax_rows(in, out, stream); };
    default:  // TWOPASS_OP_COUNT_EQUAL
      return [a = with.in<int32_t>(0), b = with.in<int32_t>(1), counter = with.out<int32_t>(0).data](
                 cudaStream_t stream) { count_equal(a, b, counter, stream); };
  }
}

Step by_rows(const BoundOp& op, Fault* fault) {
  const Operands with(op);
  const auto in = with.in(0), second = with.in(1), third = with.in(2), mask = with.in(3);
  const auto out = with.out(0), other_out = with.out(1);
  const int32_t kind = with.mode(0);
  const float scalar = with.scalar(0);
  switch (op.op.code) {
    case TWOPASS_OP_SOFTMAX_CROSS_ENTROPY:
      return [=, label = with.in<int32_t>(1)](cudaStream_t stream) {
        softmax_cross_entropy(in, label, out, other_out, scalar, fault, stream);
      };
    case TWOPASS_OP_ROW_NORMALIZE:
      return [=](cudaStream_t stream) { row_normalize(kind, in, out, other_out, scalar, stream); };
    case TWOPASS_OP_ROW_NORMALIZE_GRADIENT:
      return [=](cudaStream_t stream) { row_normalize_gradient(kind, in, second, third, mask, out, stream); };
    default:  // TWOPASS_OP_GOODNESS_LOSS
      return [loss = GoodnessLoss{kind, in, out, other_out, with.out(2), op.op.size[0], op.op.scalar[0],
                                  op.op.scalar[1]}](cudaStream_t stream) { goodness_loss(loss, stream); };
  }
}

Step product(const BoundOp& op, Products& products) {
  const Operands with(op);
  Gemm gemm;
  gemm.a = with.any_in(0);
  gemm.b = with.any_in(1);
  gemm.transpose_a = with.mode(0) != 0;
  gemm.transpose_b = with.mode(1) != 0;
  gemm.out = with.out(0);
  gemm.alpha = with.scalar(0);
  gemm.beta = with.scalar(1);
  gemm.bias = with.in(2);
  gemm.relu = with.mode(2) == TWOPASS_RELU;
  gemm.mask = with.in(3);
  gemm.m = gemm.out.rows;
  gemm.n = gemm.out.columns;
  gemm.k = gemm.transpose_a ? gemm.a.rows : gemm.a.columns;
  if (std::optional<Step> fast = products.prepare(gemm)) return *fast;
  return [=](cudaStream_t stream) { plain_product(gemm, stream); };
}

OptimizerStep optimizer_step(const BoundOp& op) {
  const Operands with(op);
  const double beta1 = op.op.scalar[0], beta2 = op.op.scalar[1];
  const bool decoupled = op.op.mode[1] != 0;
  OptimizerStep step{};
  step.kind = with.mode(0);
  step.gradient = with.in(0);
  step.weight = with.out(0);
  step.first = with.out(1);
  step.second = with.out(2);
  step.working_copy = op.working_copy;
  step.beta1 = static_cast<float>(beta1);
  step.one_minus_beta1 = static_cast<float>(1 - beta1);
  step.beta2 = static_cast<float>(beta2);
  step.one_minus_beta2 = static_cast<float>(1 - beta2);
  step.epsilon = with.scalar(2);
  step.coupled_decay = decoupled ? 0.0F : with.scalar(3);
  step.settings = op.settings;
  return step;
}

ColumnReduction column_reduction(const BoundOp& op) {
  const Operands with(op);
  return {with.mode(0), with.in(0), with.out(0), op.op.scalar[0], with.mode(1) != 0};
}

template <class T>
std::vector<T> each(const std::vector<BoundOp>& ops, T (*describe)(const BoundOp&)) {
  std::vector<T> result;
  for (const BoundOp& op : ops) result.push_back(describe(op));
  return result;
}

}  // namespace

void optimizer_settings(const twopass_op& op, const double* slots, double* settings) {
  const double rate = slots[op.slot[0]];
  const bool adam = op.mode[0] == TWOPASS_ADAM;
  const double number = adam ? slots[op.slot[1]] : 0;
  settings[0] = adam ? rate / (1 - std::pow(op.scalar[0], number)) : rate;
  settings[1] = adam ? 1 / (1 - std::pow(op.scalar[1], number)) : 1;
  settings[2] = op.mode[1] != 0 ? 1 - rate * op.scalar[3] : 1;
}

bool may_share_kernel(uint32_t code) {
  return code == TWOPASS_OP_OPTIMIZER || code == TWOPASS_OP_COLUMN_REDUCE;
}

Step prepare(const std::vector<BoundOp>& ops, Gpu& gpu, Products& products) {
  const BoundOp& op = ops.front();
  switch (op.op.code) {
    case TWOPASS_OP_OPTIMIZER:
      return [steps = each(ops, optimizer_step)](cudaStream_t stream) {
        update(steps.data(), steps.size(), stream);
      };
    case TWOPASS_OP_COLUMN_REDUCE:
      return [steps = each(ops, column_reduction)](cudaStream_t stream) {
        column_reduce(steps.data(), steps.size(), stream);
      };
    case TWOPASS_OP_COPY:
    case TWOPASS_OP_FILL:
    case TWOPASS_OP_GATHER_ROWS:
    case TWOPASS_OP_GATHER_COLUMNS:
    case TWOPASS_OP_ONE_HOT:
      return moving(op, gpu.fault());
    case TWOPASS_OP_GEMM:
      return product(op, products);
    case TWOPASS_OP_UNARY:
    case TWOPASS_OP_UNARY_GRADIENT:
    case TWOPASS_OP_BINARY:
    case TWOPASS_OP_SELECT:
      return elementwise(op);
    case TWOPASS_OP_ROW_REDUCE:
    case TWOPASS_OP_ARGMAX_ROWS:
    case TWOPASS_OP_COUNT_EQUAL:
      return reducing(op);
    case TWOPASS_OP_SOFTMAX_CROSS_ENTROPY:
    case TWOPASS_OP_ROW_NORMALIZE:
    case TWOPASS_OP_ROW_NORMALIZE_GRADIENT:
    case TWOPASS_OP_GOODNESS_LOSS:
      return by_rows(op, gpu.fault());
    default:
      throw Error("this backend has no op " + op_name(op.op.code), TWOPASS_UNSUPPORTED);
  }
}

}  // namespace twopass::cuda
