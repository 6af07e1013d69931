#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "twopass/abi.h"
#include "twopass/error.hpp"

namespace twopass {

// Storage that tensors look into: persistent (made by Device, `storage` set) or a temp of one program.
struct Buffer {
  std::string name;
  twopass_type type = TWOPASS_F32;
  twopass_role role = TWOPASS_TEMP;
  int64_t rows = 0, columns = 0;
  void* storage = nullptr;

  // As the ABI describes it; the name is borrowed.
  twopass_buffer abi_buffer() const {
    return {sizeof(twopass_buffer),
            static_cast<uint32_t>(type),
            static_cast<uint32_t>(role),
            0,
            rows,
            columns,
            storage,
            name.c_str()};
  }
};

// A rectangle of a buffer; a cheap value. Matrices are row-major, a column vector is [n, 1], a row vector [1,
// n].
class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(std::shared_ptr<const Buffer> buffer)
      : rows_(buffer->rows),
        columns_(buffer->columns),
        stride_(buffer->columns),
        buffer_(std::move(buffer)) {}
  // A buffer that came through the ABI.
  explicit Tensor(const twopass_buffer& buffer)
      : Tensor(std::make_shared<const Buffer>(
            Buffer{buffer.name == nullptr ? "" : buffer.name, static_cast<twopass_type>(buffer.type),
                   static_cast<twopass_role>(buffer.role), buffer.rows, buffer.columns, buffer.storage})) {}

  explicit operator bool() const { return buffer_ != nullptr; }
  int64_t rows() const { return rows_; }
  int64_t columns() const { return columns_; }
  int64_t first() const { return first_; }
  int64_t stride() const { return stride_; }
  twopass_type type() const { return buffer_->type; }
  const std::shared_ptr<const Buffer>& buffer() const { return buffer_; }

  // `count` rows or columns from `first` on, without a copy. Throws when they are not all there.
  Tensor row_range(int64_t first, int64_t count) const {
    require(first, count, rows_, "rows");
    Tensor part = *this;
    part.first_ += first * stride_;
    part.rows_ = count;
    return part;
  }
  Tensor column_range(int64_t first, int64_t count) const {
    require(first, count, columns_, "columns");
    Tensor part = *this;
    part.first_ += first;
    part.columns_ = count;
    return part;
  }

  // The whole buffer as the ABI describes it; the name is borrowed from this tensor's buffer. Throws for a
  // tensor that was never made.
  twopass_buffer abi_buffer() const {
    if (!buffer_) throw Error("a Tensor is used that Device::tensor has not made", TWOPASS_INTERNAL);
    return buffer_->abi_buffer();
  }

 private:
  void require(int64_t first, int64_t count, int64_t size, const char* what) const {
    if (first < 0 || count < 1 || first + count > size)
      throw Error("tensor '" + buffer_->name + "' has " + std::to_string(size) + " " + what + ", not " +
                      std::to_string(count) + " from " + std::to_string(first) + " on",
                  TWOPASS_INTERNAL);
  }

  int64_t first_ = 0, rows_ = 0, columns_ = 0, stride_ = 0;
  std::shared_ptr<const Buffer> buffer_;
};

// A run-time scalar of a program: learning rate, step number, row offset. Default: absent.
struct Slot {
  int32_t index = -1;
};

// Records a program: a list of ops on tensors, run again and again after Device::compile.
//
// Shapes are given as [rows, columns]; m, n, k, c stand for any size. Tensors are float32 unless said
// otherwise. Elementwise ops (copy, unary, unary_gradient, binary, row_normalize, row_normalize_gradient,
// goodness_loss's gradient, select) may write in place: an output may be exactly the same rectangle as an
// input. Any other overlap of an output with an input is an error. Shapes are checked by Device::compile,
// which names op and shapes.
class Program {
 public:
  explicit Program(std::string name) : name_(std::move(name)) {}

  // Scratch space of this program. Its contents do not survive from one run to the next.
  Tensor temp(std::string name, int64_t rows, int64_t columns, twopass_type type = TWOPASS_F32) {
    return Tensor(
        std::make_shared<const Buffer>(Buffer{std::move(name), type, TWOPASS_TEMP, rows, columns, nullptr}));
  }
  // Slots are numbered in the order of these calls: the order of the values given to CompiledProgram::run.
  Slot slot() { return {static_cast<int32_t>(slot_count_++)}; }

  // out = scale * in + shift, with conversion between types (rounding to nearest; to u8 and i32 only from the
  // same type with scale 1 and shift 0, to bfloat16 only from float32 and bfloat16). With slots, row `slot`
  // of the longer side is where the rows of the shorter one begin: a slice of an epoch's array, a store of a
  // batch's features.
  struct CopyOptions {
    double scale = 1, shift = 0;
    Slot in_row = {}, out_row = {};
  };
  void copy(const Tensor& in, const Tensor& out, CopyOptions options) {
    twopass_op& op = add(TWOPASS_OP_COPY, {in}, {out});
    op.scalar[0] = options.scale;
    op.scalar[1] = options.shift;
    op.slot[0] = options.in_row.index;
    op.slot[1] = options.out_row.index;
  }
  void copy(const Tensor& in, const Tensor& out) { copy(in, out, CopyOptions()); }

  // out = value.
  void fill(const Tensor& out, double value) { add(TWOPASS_OP_FILL, {}, {out}).scalar[0] = value; }

  // out[m, n] = activation(alpha * op(a)[m, k] op(b)[k, n] + beta * out + bias[1, n]), then 0 where mask[m,
  // n] <= 0. op transposes when asked. Activation: TWOPASS_IDENTITY or TWOPASS_RELU.
  struct Gemm {
    Tensor a, b, out;
    bool transpose_a = false, transpose_b = false;
    double alpha = 1, beta = 0;
    Tensor bias = {}, mask = {};
    twopass_unary activation = TWOPASS_IDENTITY;
  };
  void gemm(const Gemm& gemm) {
    twopass_op& op = add(TWOPASS_OP_GEMM, {gemm.a, gemm.b, gemm.bias, gemm.mask}, {gemm.out});
    op.mode[0] = gemm.transpose_a ? 1 : 0;
    op.mode[1] = gemm.transpose_b ? 1 : 0;
    op.mode[2] = gemm.activation;
    op.scalar[0] = gemm.alpha;
    op.scalar[1] = gemm.beta;
  }

  // out[r, :] = in[index[offset + r], :]. Any type, the same on both sides; index i32 [at least m, 1], its
  // values in [0, rows of in): another one is an error when the program runs.
  void gather_rows(const Tensor& in, const Tensor& index, const Tensor& out, Slot offset = {}) {
    add(TWOPASS_OP_GATHER_ROWS, {in, index}, {out}).slot[0] = offset.index;
  }

  // out[r, c] = in[r, maps[choice[offset + r], c]], or `black` where the map holds -1. Any type, the same on
  // both sides; in [m, k], maps i32 [map count, n] with values in [-1, k), choice i32 [at least m, 1] with
  // values in [0, map count), out [m, n]: another value is an error when the program runs.
  void gather_columns(const Tensor& in, const Tensor& maps, const Tensor& choice, const Tensor& out,
                      Slot offset = {}, double black = 0) {
    twopass_op& op = add(TWOPASS_OP_GATHER_COLUMNS, {in, maps, choice}, {out});
    op.slot[0] = offset.index;
    op.scalar[0] = black;
  }

  // out[r, c] = c == label[offset + r] ? on : off. label i32 [at least m, 1]; one that is no column makes a
  // row of `off`.
  void one_hot(const Tensor& label, const Tensor& out, double on = 1, double off = 0, Slot offset = {}) {
    twopass_op& op = add(TWOPASS_OP_ONE_HOT, {label}, {out});
    op.slot[0] = offset.index;
    op.scalar[0] = on;
    op.scalar[1] = off;
  }

  // out = f(scale * in + shift).
  void unary(twopass_unary function, const Tensor& in, const Tensor& out, double scale = 1,
             double shift = 0) {
    twopass_op& op = add(TWOPASS_OP_UNARY, {in}, {out});
    op.mode[0] = function;
    op.scalar[0] = scale;
    op.scalar[1] = shift;
  }

  // dx = dy * f'(x), from the saved output y = f(x). For relu, sigmoid, tanh, softplus, exp, sqrt.
  void unary_gradient(twopass_unary function, const Tensor& dy, const Tensor& y, const Tensor& dx) {
    add(TWOPASS_OP_UNARY_GRADIENT, {dy, y}, {dx}).mode[0] = function;
  }

  // out[m, n] = f(a_scale * a, b_scale * b); b is [m, n], [1, n], [m, 1] or [1, 1].
  void binary(twopass_binary function, const Tensor& a, const Tensor& b, const Tensor& out,
              double a_scale = 1, double b_scale = 1) {
    twopass_op& op = add(TWOPASS_OP_BINARY, {a, b}, {out});
    op.mode[0] = function;
    op.scalar[0] = a_scale;
    op.scalar[1] = b_scale;
  }

  // out[m, 1] = scale * reduction over each row of in[m, n]. TWOPASS_MAX passes over NaN.
  void row_reduce(twopass_reduction reduction, const Tensor& in, const Tensor& out, double scale = 1) {
    twopass_op& op = add(TWOPASS_OP_ROW_REDUCE, {in}, {out});
    op.mode[0] = reduction;
    op.scalar[0] = scale;
  }

  // out[1, n] = scale * reduction over each column of in[m, n]; with `accumulate` added to what out holds
  // (for TWOPASS_MAX: the larger of both).
  void column_reduce(twopass_reduction reduction, const Tensor& in, const Tensor& out, double scale = 1,
                     bool accumulate = false) {
    twopass_op& op = add(TWOPASS_OP_COLUMN_REDUCE, {in}, {out});
    op.mode[0] = reduction;
    op.mode[1] = accumulate ? 1 : 0;
    op.scalar[0] = scale;
  }

  // Per row of logits[m, n] with label i32 [m, 1]: loss[m, 1] = -log softmax(logits)[label] and
  // gradient[m, n] = scale * (softmax(logits) - one_hot(label)). Either output may be absent. A row whose
  // label is negative counts for nothing: loss 0, gradient 0. A label of n or more is an error when the
  // program runs.
  void softmax_cross_entropy(const Tensor& logits, const Tensor& label, const Tensor& loss,
                             const Tensor& gradient, double scale) {
    add(TWOPASS_OP_SOFTMAX_CROSS_ENTROPY, {logits, label}, {loss, gradient}).scalar[0] = scale;
  }

  // out i32 [m, 1] = column of the largest element of each row; the first one of equals. NaN is never larger,
  // and nothing is larger than a NaN in column 0.
  void argmax_rows(const Tensor& in, const Tensor& out) { add(TWOPASS_OP_ARGMAX_ROWS, {in}, {out}); }

  // counter i32 [1, 1] += number of rows in which a and b, both i32 [m, 1], agree.
  void count_equal(const Tensor& a, const Tensor& b, const Tensor& counter) {
    add(TWOPASS_OP_COUNT_EQUAL, {a, b}, {counter});
  }

  // One update of `weight` from `gradient`, all tensors of one shape; learning rate and step (from 1) are
  // slots.
  //   SGD:  m = beta1 m + g;  w -= lr m.
  //   Adam: m = beta1 m + (1-beta1) g;  v = beta2 v + (1-beta2) g^2;
  //         w -= lr (m / (1-beta1^step)) / (sqrt(v / (1-beta2^step)) + epsilon)       (Kingma and Ba 2015,
  //         Alg. 1)
  // weight_decay d: coupled g += d w first; decoupled w -= lr d w first (Loshchilov and Hutter 2019).
  struct Optimizer {
    twopass_optimizer kind = TWOPASS_ADAM;
    Tensor gradient, weight, first_moment, second_moment = {};  // SGD has no second moment
    Slot learning_rate, step = {};
    double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
    bool decoupled_decay = false;
  };
  void optimizer(const Optimizer& step) {
    twopass_op& op =
        add(TWOPASS_OP_OPTIMIZER, {step.gradient}, {step.weight, step.first_moment, step.second_moment});
    op.mode[0] = step.kind;
    op.mode[1] = step.decoupled_decay ? 1 : 0;
    op.slot[0] = step.learning_rate.index;
    op.slot[1] = step.step.index;
    op.scalar[0] = step.beta1;
    op.scalar[1] = step.beta2;
    op.scalar[2] = step.epsilon;
    op.scalar[3] = step.weight_decay;
  }

  // ---- fused ops: always recorded as such; the host lowers them to the ops above for a backend without them
  // ----

  // out = x normalised row by row (twopass_normalization says how); inverse[m, 1] = the factor 1/sqrt(... +
  // epsilon), epsilon > 0, and may be absent. TWOPASS_NORMALIZE_NONE is a copy with inverse 1.
  void row_normalize(twopass_normalization kind, const Tensor& x, const Tensor& out, const Tensor& inverse,
                     double epsilon) {
    twopass_op& op = add(TWOPASS_OP_ROW_NORMALIZE, {x}, {out, inverse});
    op.mode[0] = kind;
    op.scalar[0] = epsilon;
  }

  // dx from dy, given row_normalize's out (y) and inverse; then 0 where mask <= 0 (mask may be absent).
  void row_normalize_gradient(twopass_normalization kind, const Tensor& dy, const Tensor& y,
                              const Tensor& inverse, const Tensor& mask, const Tensor& dx) {
    add(TWOPASS_OP_ROW_NORMALIZE_GRADIENT, {dy, y, inverse, mask}, {dx}).mode[0] = kind;
  }

  // Forward-Forward's layer loss (Hinton 2022, section 2; norm goodness: Brenig and Timofte 2023). For h[m,
  // n], non-negative, of which the first `positive_rows` rows, 0 to m, are positive data and the others
  // negative:
  //   goodness[r] = sqrt(sum h^2), sum h^2 or mean h^2;  loss[r] = softplus(threshold - goodness) for a
  //   positive row, softplus(goodness - threshold) for a negative one;  gradient[r, :] = scale * d loss[r] /
  //   d h[r, :].
  // A row of zeros has gradient 0. Each output may be absent.
  struct GoodnessLoss {
    twopass_goodness kind = TWOPASS_NORM;
    Tensor h;
    int64_t positive_rows = 0;
    double threshold = 0, scale = 1;
    Tensor goodness = {}, loss = {}, gradient = {};
  };
  void goodness_loss(const GoodnessLoss& loss) {
    twopass_op& op = add(TWOPASS_OP_GOODNESS_LOSS, {loss.h}, {loss.goodness, loss.loss, loss.gradient});
    op.mode[0] = loss.kind;
    op.size[0] = loss.positive_rows;
    op.scalar[0] = loss.threshold;
    op.scalar[1] = loss.scale;
  }

  // out = mask * a + (1 - mask) * b, all [m, n].
  void select(const Tensor& mask, const Tensor& a, const Tensor& b, const Tensor& out) {
    add(TWOPASS_OP_SELECT, {mask, a, b}, {out});
  }

  // The program as the ABI describes it; valid until the next recording call.
  twopass_program abi_program() const {
    return {sizeof(twopass_program),
            slot_count_,
            name_.c_str(),
            buffers_.data(),
            ops_.data(),
            static_cast<uint32_t>(buffers_.size()),
            static_cast<uint32_t>(ops_.size())};
  }

 private:
  twopass_op& add(twopass_op_code code, std::initializer_list<Tensor> in, std::initializer_list<Tensor> out) {
    twopass_op op{};
    op.struct_size = sizeof op;
    op.code = code;
    for (int32_t& slot : op.slot) slot = -1;
    for (twopass_view& view : op.in) view.buffer = -1;
    for (twopass_view& view : op.out) view.buffer = -1;
    size_t index = 0;
    for (const Tensor& tensor : in) op.in[index++] = view(tensor);
    index = 0;
    for (const Tensor& tensor : out) op.out[index++] = view(tensor);
    return ops_.emplace_back(op);
  }

  twopass_view view(const Tensor& tensor) {
    if (!tensor) return {-1, 0, 0, 0, 0, 0};
    return {buffer_index(tensor), 0, tensor.first(), tensor.rows(), tensor.columns(), tensor.stride()};
  }

  // Persistent tensors that came through the ABI twice are the same buffer when their storage is.
  int32_t buffer_index(const Tensor& tensor) {
    for (size_t index = 0; index < kept_.size(); ++index)
      if (kept_[index] == tensor.buffer() ||
          (tensor.buffer()->storage != nullptr && kept_[index]->storage == tensor.buffer()->storage))
        return static_cast<int32_t>(index);
    kept_.push_back(tensor.buffer());
    buffers_.push_back(tensor.abi_buffer());
    return static_cast<int32_t>(kept_.size() - 1);
  }

  std::string name_;
  uint32_t slot_count_ = 0;
  std::vector<std::shared_ptr<const Buffer>> kept_;
  std::vector<twopass_buffer> buffers_;
  std::vector<twopass_op> ops_;
};

}  // namespace twopass
