#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include "twopass/abi.h"
#include "twopass/error.hpp"
#include "twopass/op_table.hpp"
#include "twopass/views.hpp"

namespace twopass::detail {

// Checks one op of a program; every failure names both, and all operands with their shapes.
class OpCheck {
 public:
  OpCheck(const twopass_program& program, uint32_t index)
      : program_(program), index_(index), op_(abi::at(program.ops, index)) {}

  void run() const {
    if (find_op(op_.code) == nullptr)
      fail("is not known to this version; build plugin and host against one SDK");
    operands();
    modes();
    slots();
    shapes();
    overlaps();
  }

  // A temp holds nothing before this run's first write to it. `written`: per buffer.
  void temps(std::vector<bool>& written) const {
    const auto require_written = [&](const twopass_view& view) {
      if (view.buffer < 0 || buffer(view).role != TWOPASS_TEMP || written[static_cast<size_t>(view.buffer)])
        return;
      fail("reads temp '" + std::string(buffer(view).name) + "', to which no op before it writes");
    };
    for (const twopass_view& view : op_.in) require_written(view);
    if (reads_output(op_))
      for (const twopass_view& view : op_.out) require_written(view);
    for (const twopass_view& view : op_.out)
      if (view.buffer >= 0) written[static_cast<size_t>(view.buffer)] = true;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error("program '" + std::string(program_.name) + "', op " + std::to_string(index_) + " " +
                    op_name(op_.code) + ": " + what,
                TWOPASS_INTERNAL);
  }
  void require(bool condition, const std::string& what) const {
    if (!condition) fail(what + " (" + operand_list() + ")");
  }

  const twopass_view& in(size_t position) const { return op_.in[position]; }
  const twopass_view& out(size_t position) const { return op_.out[position]; }
  const twopass_buffer& buffer(const twopass_view& view) const {
    return abi::at(program_.buffers, static_cast<size_t>(view.buffer));
  }
  uint32_t type(const twopass_view& view) const { return buffer(view).type; }

  // Calls visit(operand, view) for every operand that the op can have.
  template <class Visit>
  void each(Visit&& visit) const {
    const OpDescription& description = *find_op(op_.code);
    for (size_t position = 0; position < std::size(op_.in); ++position)
      visit(position < description.in.size() ? description.in[position] : Operand{}, op_.in[position]);
    for (size_t position = 0; position < std::size(op_.out); ++position)
      visit(position < description.out.size() ? description.out[position] : Operand{}, op_.out[position]);
  }

  std::string text(const Operand& operand, const twopass_view& view) const {
    return std::string(operand.name) + " '" + buffer(view).name + "' " + shape_text(view.rows, view.columns);
  }
  std::string operand_list() const {
    std::string list;
    each([&](const Operand& operand, const twopass_view& view) {
      if (view.buffer >= 0) list += (list.empty() ? "" : ", ") + text(operand, view);
    });
    return list;
  }

  void operands() const {
    each([&](const Operand& operand, const twopass_view& view) {
      if (view.buffer < 0) {
        if (operand.type != Operand::kNone && operand.need == Operand::kMandatory)
          fail("operand " + std::string(operand.name) + " is missing");
        return;
      }
      if (operand.type == Operand::kNone) fail("has more operands than the op takes");
      if (static_cast<uint32_t>(view.buffer) >= program_.buffer_count)
        fail("names a buffer that does not exist");
      bounds(operand, view);
      const bool fits = operand.type == Operand::kAny ||
                        type(view) == (operand.type == Operand::kInt32 ? TWOPASS_I32 : TWOPASS_F32);
      if (!fits)
        fail(text(operand, view) + " is of type " + type_name(type(view)) + ", which this operand cannot be");
    });
  }

  void bounds(const Operand& operand, const twopass_view& view) const {
    const twopass_buffer& whole = buffer(view);
    const bool inside =
        view.first >= 0 && view.rows >= 1 && view.columns >= 1 && view.stride >= view.columns &&
        view.first + (view.rows - 1) * view.stride + view.columns <= whole.rows * whole.columns;
    if (!inside)
      fail(text(operand, view) + " from element " + std::to_string(view.first) + " on with stride " +
           std::to_string(view.stride) + " does not lie within the buffer's " +
           shape_text(whole.rows, whole.columns));
  }

  void modes() const {
    const auto at_most = [&](size_t position, int32_t largest) {
      if (op_.mode[position] < 0 || op_.mode[position] > largest)
        fail(std::string("mode ") + std::to_string(op_.mode[position]) + " is not known to this version");
    };
    switch (op_.code) {
      case TWOPASS_OP_GEMM:
        at_most(0, 1);
        at_most(1, 1);
        if (op_.mode[2] != TWOPASS_IDENTITY && op_.mode[2] != TWOPASS_RELU)
          fail("the activation must be TWOPASS_IDENTITY or TWOPASS_RELU");
        break;
      case TWOPASS_OP_UNARY:
        return at_most(0, TWOPASS_IDENTITY);
      case TWOPASS_OP_UNARY_GRADIENT: {
        constexpr std::array kDifferentiable{TWOPASS_RELU,     TWOPASS_SIGMOID, TWOPASS_TANH,
                                             TWOPASS_SOFTPLUS, TWOPASS_EXP,     TWOPASS_SQRT};
        if (std::find(kDifferentiable.begin(), kDifferentiable.end(), op_.mode[0]) == kDifferentiable.end())
          fail("only relu, sigmoid, tanh, softplus, exp and sqrt have a gradient from their output");
        break;
      }
      case TWOPASS_OP_BINARY:
        return at_most(0, TWOPASS_MINIMUM);
      case TWOPASS_OP_ROW_REDUCE:
      case TWOPASS_OP_COLUMN_REDUCE:
        return at_most(0, TWOPASS_MAX);
      case TWOPASS_OP_OPTIMIZER:
        return at_most(0, TWOPASS_ADAM);
      case TWOPASS_OP_ROW_NORMALIZE:
      case TWOPASS_OP_ROW_NORMALIZE_GRADIENT:
        return at_most(0, TWOPASS_UNIT_RMS);
      case TWOPASS_OP_GOODNESS_LOSS:
        return at_most(0, TWOPASS_MEAN_SQUARES_GOODNESS);
      default:
        break;
    }
  }

  void slots() const {
    for (const int32_t slot : op_.slot)
      if (slot >= 0 && static_cast<uint32_t>(slot) >= program_.slot_count)
        fail("names a slot that does not exist");
    if (op_.code != TWOPASS_OP_OPTIMIZER) return;
    if (op_.slot[0] < 0) fail("the learning rate must be a slot");
    if (op_.slot[1] < 0 && op_.mode[0] == TWOPASS_ADAM) fail("Adam's step must be a slot");
  }

  // An absent operand fits any shape.
  void expect(const twopass_view& view, int64_t rows, int64_t columns) const {
    if (view.buffer < 0) return;
    each([&](const Operand& operand, const twopass_view& candidate) {
      if (&candidate == &view)
        require(view.rows == rows && view.columns == columns,
                std::string(operand.name) + " must be " + shape_text(rows, columns));
    });
  }
  void expect_like(const twopass_view& view, const twopass_view& other) const {
    expect(view, other.rows, other.columns);
  }
  // A column of at least `rows` numbers, read from a slot's offset on.
  void expect_column(const twopass_view& view, int64_t rows) const {
    require(view.columns == 1 && view.rows >= rows,
            "a column of at least " + std::to_string(rows) + " is needed");
  }

  void shapes() const {
    switch (op_.code) {
      case TWOPASS_OP_COPY:
        return copy();
      case TWOPASS_OP_GEMM:
        return gemm();
      case TWOPASS_OP_GATHER_ROWS:
        require(type(in(0)) == type(out(0)), "in and out must be of one type");
        expect(out(0), out(0).rows, in(0).columns);
        return expect_column(in(1), out(0).rows);
      case TWOPASS_OP_GATHER_COLUMNS:
        require(type(in(0)) == type(out(0)), "in and out must be of one type");
        expect(out(0), in(0).rows, in(1).columns);
        return expect_column(in(2), out(0).rows);
      case TWOPASS_OP_ONE_HOT:
        return expect_column(in(0), out(0).rows);
      case TWOPASS_OP_BINARY:
        expect_like(out(0), in(0));
        return require((in(1).rows == 1 || in(1).rows == in(0).rows) &&
                           (in(1).columns == 1 || in(1).columns == in(0).columns),
                       "b must have a's rows or one, and a's columns or one");
      case TWOPASS_OP_ROW_REDUCE:
      case TWOPASS_OP_ARGMAX_ROWS:
        return expect(out(0), in(0).rows, 1);
      case TWOPASS_OP_COLUMN_REDUCE:
        return expect(out(0), 1, in(0).columns);
      case TWOPASS_OP_SOFTMAX_CROSS_ENTROPY:
        expect(in(1), in(0).rows, 1);
        expect(out(0), in(0).rows, 1);
        return expect_like(out(1), in(0));
      case TWOPASS_OP_COUNT_EQUAL:
        expect(in(0), in(0).rows, 1);
        expect_like(in(1), in(0));
        return expect(out(0), 1, 1);
      case TWOPASS_OP_OPTIMIZER:
        require((op_.mode[0] == TWOPASS_ADAM) == (out(2).buffer >= 0),
                "Adam, and only Adam, has a second_moment");
        return all_like(in(0));
      case TWOPASS_OP_ROW_NORMALIZE:
        expect_like(out(0), in(0));
        return expect(out(1), in(0).rows, 1);
      case TWOPASS_OP_ROW_NORMALIZE_GRADIENT:
        expect_like(in(1), in(0));
        expect(in(2), in(0).rows, 1);
        expect_like(in(3), in(0));
        return expect_like(out(0), in(0));
      case TWOPASS_OP_GOODNESS_LOSS:
        require(op_.size[0] >= 0 && op_.size[0] <= in(0).rows, "positive_rows must lie within h's rows");
        expect(out(0), in(0).rows, 1);
        expect(out(1), in(0).rows, 1);
        return expect_like(out(2), in(0));
      case TWOPASS_OP_UNARY:
      case TWOPASS_OP_UNARY_GRADIENT:
      case TWOPASS_OP_SELECT:
        return all_like(in(0));
      default:
        break;
    }
  }

  void all_like(const twopass_view& model) const {
    for (const twopass_view& view : op_.in) expect_like(view, model);
    for (const twopass_view& view : op_.out) expect_like(view, model);
  }

  void copy() const {
    const bool in_slot = op_.slot[0] >= 0, out_slot = op_.slot[1] >= 0;
    const int64_t rows = std::min(in(0).rows, out(0).rows);
    require(in(0).columns == out(0).columns && (in_slot || in(0).rows == rows) &&
                (out_slot || out(0).rows == rows),
            "both sides must have one shape; only a side with a row slot may be longer");
    const bool integer = type(out(0)) == TWOPASS_I32 || type(out(0)) == TWOPASS_U8;
    require(!integer || (type(in(0)) == type(out(0)) && op_.scalar[0] == 1 && op_.scalar[1] == 0),
            "an integer out must be copied from the same type with scale 1 and shift 0");
    const bool floats_in = type(in(0)) == TWOPASS_F32 || type(in(0)) == TWOPASS_BF16;
    require(type(out(0)) != TWOPASS_BF16 || floats_in, "a bfloat16 out must be copied from floats");
  }

  void gemm() const {
    const bool transpose_a = op_.mode[0] != 0, transpose_b = op_.mode[1] != 0;
    const int64_t m = transpose_a ? in(0).columns : in(0).rows,
                  a_inner = transpose_a ? in(0).rows : in(0).columns;
    const int64_t n = transpose_b ? in(1).rows : in(1).columns,
                  b_inner = transpose_b ? in(1).columns : in(1).rows;
    require(a_inner == b_inner, "a " + shape_text(in(0).rows, in(0).columns) +
                                    (transpose_a ? " transposed" : "") + " times b " +
                                    shape_text(in(1).rows, in(1).columns) +
                                    (transpose_b ? " transposed" : "") + ": the inner sizes " +
                                    std::to_string(a_inner) + " and " + std::to_string(b_inner) + " differ");
    expect(out(0), m, n);
    expect(in(2), 1, n);
    expect(in(3), m, n);
  }

  void overlaps() const {
    const int in_place = find_op(op_.code)->in_place;
    for (size_t first = 0; first < std::size(op_.out); ++first) {
      for (size_t second = first + 1; second < std::size(op_.out); ++second)
        require(!overlap(out(first), out(second)), "two outputs overlap");
      for (const twopass_view& input : op_.in)
        require(!overlap(out(first), input) ||
                    (static_cast<int>(first) == in_place && same_rectangle(out(first), input)),
                in_place < 0 ? "an output overlaps an input"
                             : "an output overlaps an input without being the same rectangle");
    }
  }

  const twopass_program& program_;
  uint32_t index_;
  const twopass_op& op_;
};

}  // namespace twopass::detail
