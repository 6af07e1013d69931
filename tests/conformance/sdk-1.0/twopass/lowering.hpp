#pragma once

// Fused ops in terms of the mandatory ones, for a backend that lacks them.

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <string>
#include <vector>

#include "twopass/abi.h"
#include "twopass/error.hpp"
#include "twopass/op_table.hpp"

namespace twopass {

// Owns a valid program's copy in which every fused op that the backend lacks has become a few mandatory ones.
// Buffers keep their indices (temps are appended), slots and in-place operands stay as they were: each
// rewrite writes an output that may be in place last.
class LoweredProgram {
 public:
  // `native_ops`: twopass_backend_info::fused_ops. The names and storages that the program points to are
  // borrowed.
  LoweredProgram(const twopass_program& program, uint64_t native_ops) : program_(abi::copy(program)) {
    for (uint32_t index = 0; index < program.buffer_count; ++index)
      buffers_.push_back(abi::copy(abi::at(program.buffers, index)));
    for (uint32_t index = 0; index < program.op_count; ++index) {
      const twopass_op op = abi::copy(abi::at(program.ops, index));
      const bool fused = op.code >= TWOPASS_OP_FIRST_FUSED;
      if (!fused || (native_ops >> (op.code - TWOPASS_OP_FIRST_FUSED) & 1) != 0)
        ops_.push_back(op);
      else
        lower(op);
    }
  }
  LoweredProgram(const LoweredProgram&) = delete;
  LoweredProgram& operator=(const LoweredProgram&) = delete;

  // Valid as long as this object.
  twopass_program abi_program() const {
    twopass_program result = program_;
    result.buffers = buffers_.data();
    result.buffer_count = static_cast<uint32_t>(buffers_.size());
    result.ops = ops_.data();
    result.op_count = static_cast<uint32_t>(ops_.size());
    return result;
  }

 private:
  static constexpr twopass_view kAbsent{-1, 0, 0, 0, 0, 0};

  void lower(const twopass_op& op) {
    switch (op.code) {
      case TWOPASS_OP_ROW_NORMALIZE:
        return row_normalize(op);
      case TWOPASS_OP_ROW_NORMALIZE_GRADIENT:
        return row_normalize_gradient(op);
      case TWOPASS_OP_GOODNESS_LOSS:
        return goodness_loss(op);
      case TWOPASS_OP_SELECT:
        return select(op);
      default:
        throw Error("program '" + std::string(program_.name) + "': " + op_name(op.code) + " has no lowering",
                    TWOPASS_UNSUPPORTED);
    }
  }

  // y = inverse * (x - mean), inverse = 1 / sqrt(reduction of (x - mean)^2 + epsilon)
  void row_normalize(const twopass_op& op) {
    const twopass_view x = op.in[0], y = op.out[0];
    const twopass_view inverse = present_or_temp(op.out[1], x.rows, 1);
    if (op.mode[0] == TWOPASS_NORMALIZE_NONE) {
      unary(TWOPASS_IDENTITY, x, y);
      return fill(inverse, 1);
    }
    twopass_view centred = x;
    if (op.mode[0] == TWOPASS_LAYER_NORM) {
      const twopass_view mean = temp(x.rows, 1);
      row_reduce(TWOPASS_SUM, x, mean, 1.0 / static_cast<double>(x.columns));
      binary(TWOPASS_ADD, x, mean, y, 1, -1);
      centred = y;
    }
    row_reduce(TWOPASS_SUM_SQUARES, centred, inverse, reduction_scale(op.mode[0], x));
    unary(TWOPASS_RSQRT, inverse, inverse, 1, op.scalar[0]);
    binary(TWOPASS_MULTIPLY, centred, inverse, y);
  }

  // dx = inverse * (dy - y reduction(dy y) - mean(dy)), the mean for layer_norm only; then the mask.
  void row_normalize_gradient(const twopass_op& op) {
    const twopass_view dy = op.in[0], y = op.in[1], inverse = op.in[2], mask = op.in[3], dx = op.out[0];
    if (op.mode[0] == TWOPASS_NORMALIZE_NONE) return masked(dy, mask, dx);
    const twopass_view work = temp(dy.rows, dy.columns), reduced = temp(dy.rows, 1);
    binary(TWOPASS_MULTIPLY, dy, y, work);
    row_reduce(TWOPASS_SUM, work, reduced, reduction_scale(op.mode[0], dy));
    binary(TWOPASS_MULTIPLY, y, reduced, work);
    binary(TWOPASS_ADD, dy, work, work, 1, -1);
    if (op.mode[0] == TWOPASS_LAYER_NORM) {
      row_reduce(TWOPASS_SUM, dy, reduced, 1.0 / static_cast<double>(dy.columns));
      binary(TWOPASS_ADD, work, reduced, work, 1, -1);
    }
    binary(TWOPASS_MULTIPLY, work, inverse, work);
    masked(work, mask, dx);
  }

  // gradient = h * coefficient, coefficient = -+ scale * sigmoid(+-(threshold - goodness)) * d goodness/dh /
  // h
  void goodness_loss(const twopass_op& op) {
    const twopass_view h = op.in[0], loss = op.out[1], gradient = op.out[2];
    const double threshold = op.scalar[0], scale = op.scalar[1], mean = 1.0 / static_cast<double>(h.columns);
    const auto kind = static_cast<twopass_goodness>(op.mode[0]);
    const twopass_view goodness = present_or_temp(op.out[0], h.rows, 1);
    row_reduce(TWOPASS_SUM_SQUARES, h, goodness, kind == TWOPASS_MEAN_SQUARES_GOODNESS ? mean : 1);
    if (kind == TWOPASS_NORM) unary(TWOPASS_SQRT, goodness, goodness);

    const twopass_view coefficient = gradient.buffer < 0 ? kAbsent : temp(h.rows, 1);
    const twopass_view divisor =
        kind == TWOPASS_NORM && gradient.buffer >= 0 ? safe_divisor(goodness) : kAbsent;
    const double factor = scale * (kind == TWOPASS_NORM                    ? 1
                                   : kind == TWOPASS_MEAN_SQUARES_GOODNESS ? 2 * mean
                                                                           : 2);
    const auto part = [&](int64_t first, int64_t count, double sign) {
      if (count == 0) return;
      const auto rows = [&](const twopass_view& view) { return row_range(view, first, count); };
      if (loss.buffer >= 0) unary(TWOPASS_SOFTPLUS, rows(goodness), rows(loss), sign, -sign * threshold);
      if (gradient.buffer < 0) return;
      unary(TWOPASS_SIGMOID, rows(goodness), rows(coefficient), sign, -sign * threshold);
      if (divisor.buffer >= 0) binary(TWOPASS_DIVIDE, rows(coefficient), rows(divisor), rows(coefficient));
      binary(TWOPASS_MULTIPLY, rows(h), rows(coefficient), rows(gradient), sign * factor);
    };
    part(0, op.size[0], -1);
    part(op.size[0], h.rows - op.size[0], 1);
  }

  // A row of zeros must have gradient 0, not 0/0; a row whose squares underflow (|h| < 1e-19) one of at most
  // scale.
  twopass_view safe_divisor(const twopass_view& goodness) {
    const twopass_view smallest = temp(1, 1), divisor = temp(goodness.rows, 1);
    fill(smallest, 1e-19);
    binary(TWOPASS_MAXIMUM, goodness, smallest, divisor);
    return divisor;
  }

  void select(const twopass_op& op) {
    const twopass_view mask = op.in[0], a = op.in[1], b = op.in[2], out = op.out[0];
    const twopass_view from_a = temp(mask.rows, mask.columns), from_b = temp(mask.rows, mask.columns);
    binary(TWOPASS_MULTIPLY, mask, a, from_a);
    unary(TWOPASS_IDENTITY, mask, from_b, -1, 1);
    binary(TWOPASS_MULTIPLY, from_b, b, from_b);
    binary(TWOPASS_ADD, from_a, from_b, out);
  }

  // relu's gradient from its output is exactly the mask.
  void masked(const twopass_view& in, const twopass_view& mask, const twopass_view& out) {
    if (mask.buffer < 0) return unary(TWOPASS_IDENTITY, in, out);
    add(TWOPASS_OP_UNARY_GRADIENT, {in, mask}, out).mode[0] = TWOPASS_RELU;
  }

  static double reduction_scale(int32_t normalization, const twopass_view& view) {
    return normalization == TWOPASS_UNIT_LENGTH ? 1 : 1.0 / static_cast<double>(view.columns);
  }
  static twopass_view row_range(twopass_view view, int64_t first, int64_t count) {
    view.first += first * view.stride;
    view.rows = count;
    return view;
  }

  void fill(const twopass_view& out, double value) { add(TWOPASS_OP_FILL, {}, out).scalar[0] = value; }
  void unary(twopass_unary function, const twopass_view& in, const twopass_view& out, double scale = 1,
             double shift = 0) {
    twopass_op& op = add(TWOPASS_OP_UNARY, {in}, out);
    op.mode[0] = function;
    op.scalar[0] = scale;
    op.scalar[1] = shift;
  }
  void binary(twopass_binary function, const twopass_view& a, const twopass_view& b, const twopass_view& out,
              double a_scale = 1, double b_scale = 1) {
    twopass_op& op = add(TWOPASS_OP_BINARY, {a, b}, out);
    op.mode[0] = function;
    op.scalar[0] = a_scale;
    op.scalar[1] = b_scale;
  }
  void row_reduce(twopass_reduction reduction, const twopass_view& in, const twopass_view& out,
                  double scale) {
    twopass_op& op = add(TWOPASS_OP_ROW_REDUCE, {in}, out);
    op.mode[0] = reduction;
    op.scalar[0] = scale;
  }

  twopass_op& add(twopass_op_code code, std::initializer_list<twopass_view> in, const twopass_view& out) {
    twopass_op op{};
    op.struct_size = sizeof op;
    op.code = code;
    for (int32_t& slot : op.slot) slot = -1;
    for (twopass_view& view : op.in) view = kAbsent;
    for (twopass_view& view : op.out) view = kAbsent;
    size_t position = 0;
    for (const twopass_view& view : in) op.in[position++] = view;
    op.out[0] = out;
    return ops_.emplace_back(op);
  }

  twopass_view temp(int64_t rows, int64_t columns) {
    names_.push_back("lowered." + std::to_string(buffers_.size()));
    buffers_.push_back({sizeof(twopass_buffer), TWOPASS_F32, TWOPASS_TEMP, 0, rows, columns, nullptr,
                        names_.back().c_str()});
    return {static_cast<int32_t>(buffers_.size() - 1), 0, 0, rows, columns, columns};
  }
  twopass_view present_or_temp(const twopass_view& view, int64_t rows, int64_t columns) {
    return view.buffer >= 0 ? view : temp(rows, columns);
  }

  twopass_program program_;
  std::vector<twopass_buffer> buffers_;
  std::vector<twopass_op> ops_;
  std::deque<std::string> names_;  // a deque: the buffers point into it
};

}  // namespace twopass
