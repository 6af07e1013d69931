#include <algorithm>
#include <cstring>
#include <type_traits>

#include "cpu/kernels.hpp"
#include "cpu/parallel.hpp"
#include "cpu/steps.hpp"
#include "twopass/error.hpp"
#include "twopass/op_table.hpp"

// Ops that move data: copy, fill, gathers, one_hot.

namespace twopass::cpu {

namespace {

// Returns make(null pointer to the element's type).
template <class Make>
Step for_type(uint32_t type, const Make& make) {
  if (type == TWOPASS_F32) return make(static_cast<float*>(nullptr));
  if (type == TWOPASS_I32) return make(static_cast<int32_t*>(nullptr));
  if (type == TWOPASS_U8) return make(static_cast<uint8_t*>(nullptr));
  if (type == TWOPASS_BF16) return make(static_cast<Bfloat16*>(nullptr));
  throw Error(std::string("this backend has no elements of type ") + type_name(type), TWOPASS_UNSUPPORTED);
}

template <class T>
T element(double value) {
  if constexpr (std::is_same_v<T, Bfloat16>)
    return to_bfloat16(static_cast<float>(value));
  else
    return static_cast<T>(value);
}

// Calls body(in, out, n) for all that a copy covers.
template <class In, class Out, class Body>
Step copy_spans(const ResolvedOp& op, int threads, const Body& body) {
  const Matrix<const In> in = op.in<In>(0);
  const Matrix<Out> out = op.out<Out>(0);
  const int64_t rows = std::min(in.rows, out.rows);
  return [=, in_slot = op.op.slot[0], out_slot = op.op.slot[1]](const double* slots) {
    const int64_t in_row = row_offset(in_slot, slots), out_row = row_offset(out_slot, slots);
    parallel_spans(threads, rows, in.columns, in.dense() && out.dense(),
                   [&](int64_t row, int64_t column, int64_t n) {
                     body(in.at(in_row + row, column), out.at(out_row + row, column), n);
                   });
  };
}

Step fill(const ResolvedOp& op, int threads) {
  return for_type(op.out_type[0], [&]<class T>(T*) -> Step {
    return [=, out = op.out<T>(0), value = element<T>(op.op.scalar[0])](const double*) {
      parallel_spans(
          threads, out.rows, out.columns, out.dense(),
          [=](int64_t row, int64_t column, int64_t n) { std::fill_n(out.at(row, column), n, value); });
    };
  });
}

// Checked on every run, because the numbers come from uploads and a wrong one would read foreign memory.
void require_within(const Matrix<const int32_t>& column, int64_t first, int64_t count, int64_t end,
                    const char* what) {
  for (int64_t row = first; row < first + count; ++row) {
    const int32_t value = *column.row(row);
    if (value < 0 || value >= end)
      throw Error(std::string(what) + " is " + std::to_string(value) + ", but must be within 0 and " +
                      std::to_string(end - 1),
                  TWOPASS_INTERNAL);
  }
}

Step gather_rows(const ResolvedOp& op, int threads) {
  return for_type(op.out_type[0], [&]<class T>(T*) -> Step {
    return [=, in = op.in<T>(0), index = op.in<int32_t>(1), out = op.out<T>(0),
            slot = op.op.slot[0]](const double* slots) {
      const int64_t offset = row_offset(slot, slots);
      require_within(index, offset, out.rows, in.rows, "gather_rows: an index");
      parallel_rows(threads, out.rows, out.columns, [&](int64_t row) {
        std::copy_n(in.row(*index.row(offset + row)), out.columns, out.row(row));
      });
    };
  });
}

Step gather_columns(const ResolvedOp& op, int threads) {
  return for_type(op.out_type[0], [&]<class T>(T*) -> Step {
    return [=, in = op.in<T>(0), maps = op.in<int32_t>(1), choice = op.in<int32_t>(2), out = op.out<T>(0),
            slot = op.op.slot[0], black = element<T>(op.op.scalar[0])](const double* slots) {
      const int64_t offset = row_offset(slot, slots);
      require_within(choice, offset, out.rows, maps.rows, "gather_columns: a choice of map");
      for (int64_t map = 0; map < maps.rows; ++map)
        if (!kernels::all_within(maps.row(map), maps.columns, -1, static_cast<int32_t>(in.columns)))
          throw Error("gather_columns: map " + std::to_string(map) + " points outside of its input",
                      TWOPASS_INTERNAL);
      parallel_rows(threads, out.rows, out.columns, [&](int64_t row) {
        kernels::gather(in.row(row), maps.row(*choice.row(offset + row)), out.row(row), out.columns, black);
      });
    };
  });
}

Step one_hot(const ResolvedOp& op, int threads) {
  return [=, label = op.in<int32_t>(0), out = op.out(0), slot = op.op.slot[0], on = op.scalar(0),
          off = op.scalar(1)](const double* slots) {
    const int64_t offset = row_offset(slot, slots);
    parallel_rows(threads, out.rows, out.columns, [&](int64_t row) {
      std::fill_n(out.row(row), out.columns, off);
      const int32_t column = *label.row(offset + row);
      if (column >= 0 && column < out.columns) out.row(row)[column] = on;
    });
  };
}

}  // namespace

Step prepare_copy(const ResolvedOp& op, int threads) {
  if (op.op.code == TWOPASS_OP_FILL) return fill(op, threads);
  const float scale = op.scalar(0), shift = op.scalar(1);
  const bool verbatim = op.in_type[0] == op.out_type[0] && scale == 1 && shift == 0;
  return for_type(op.in_type[0], [&]<class T>(T*) {
    if (verbatim)
      return copy_spans<T, T>(op, threads, [](const T* in, T* out, int64_t n) {
        if (in != out) std::copy_n(in, n, out);
      });
    if constexpr (std::is_same_v<T, float> || std::is_same_v<T, Bfloat16>)
      if (op.out_type[0] == TWOPASS_BF16)
        return copy_spans<T, Bfloat16>(op, threads, [=](const T* in, Bfloat16* out, int64_t n) {
          kernels::convert(in, out, n, scale, shift);
        });
    return copy_spans<T, float>(
        op, threads, [=](const T* in, float* out, int64_t n) { kernels::convert(in, out, n, scale, shift); });
  });
}

Step prepare_gather(const ResolvedOp& op, int threads) {
  if (op.op.code == TWOPASS_OP_GATHER_ROWS) return gather_rows(op, threads);
  if (op.op.code == TWOPASS_OP_GATHER_COLUMNS) return gather_columns(op, threads);
  return one_hot(op, threads);
}

}  // namespace twopass::cpu
