#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "twopass/abi.h"

namespace twopass {

// What every op takes, in the order of twopass_op::in and ::out. Shapes are in <twopass/op_check.hpp>.
struct Operand {
  enum Type { kNone, kFloat32, kInt32, kAny };
  enum Need { kMandatory, kOptional };

  const char* name = nullptr;
  Type type = kNone;
  Need need = kMandatory;
};

struct OpDescription {
  twopass_op_code code;
  const char* name;
  int in_place;  // the output that may be exactly the rectangle of an input, or -1
  std::array<Operand, 4> in;
  std::array<Operand, 3> out;
};

inline constexpr std::array<OpDescription, 19> kOps{{
    {TWOPASS_OP_COPY, "copy", 0, {{{"in", Operand::kAny}}}, {{{"out", Operand::kAny}}}},
    {TWOPASS_OP_FILL, "fill", -1, {}, {{{"out", Operand::kAny}}}},
    {TWOPASS_OP_GEMM,
     "gemm",
     -1,
     {{{"a", Operand::kFloat32},
       {"b", Operand::kFloat32},
       {"bias", Operand::kFloat32, Operand::kOptional},
       {"mask", Operand::kFloat32, Operand::kOptional}}},
     {{{"out", Operand::kFloat32}}}},
    {TWOPASS_OP_GATHER_ROWS,
     "gather_rows",
     -1,
     {{{"in", Operand::kAny}, {"index", Operand::kInt32}}},
     {{{"out", Operand::kAny}}}},
    {TWOPASS_OP_GATHER_COLUMNS,
     "gather_columns",
     -1,
     {{{"in", Operand::kAny}, {"maps", Operand::kInt32}, {"choice", Operand::kInt32}}},
     {{{"out", Operand::kAny}}}},
    {TWOPASS_OP_ONE_HOT, "one_hot", -1, {{{"label", Operand::kInt32}}}, {{{"out", Operand::kFloat32}}}},
    {TWOPASS_OP_UNARY, "unary", 0, {{{"in", Operand::kFloat32}}}, {{{"out", Operand::kFloat32}}}},
    {TWOPASS_OP_UNARY_GRADIENT,
     "unary_gradient",
     0,
     {{{"dy", Operand::kFloat32}, {"y", Operand::kFloat32}}},
     {{{"dx", Operand::kFloat32}}}},
    {TWOPASS_OP_BINARY,
     "binary",
     0,
     {{{"a", Operand::kFloat32}, {"b", Operand::kFloat32}}},
     {{{"out", Operand::kFloat32}}}},
    {TWOPASS_OP_ROW_REDUCE, "row_reduce", -1, {{{"in", Operand::kFloat32}}}, {{{"out", Operand::kFloat32}}}},
    {TWOPASS_OP_COLUMN_REDUCE,
     "column_reduce",
     -1,
     {{{"in", Operand::kFloat32}}},
     {{{"out", Operand::kFloat32}}}},
    {TWOPASS_OP_SOFTMAX_CROSS_ENTROPY,
     "softmax_cross_entropy",
     -1,
     {{{"logits", Operand::kFloat32}, {"label", Operand::kInt32}}},
     {{{"loss", Operand::kFloat32, Operand::kOptional},
       {"gradient", Operand::kFloat32, Operand::kOptional}}}},
    {TWOPASS_OP_ARGMAX_ROWS, "argmax_rows", -1, {{{"in", Operand::kFloat32}}}, {{{"out", Operand::kInt32}}}},
    {TWOPASS_OP_COUNT_EQUAL,
     "count_equal",
     -1,
     {{{"a", Operand::kInt32}, {"b", Operand::kInt32}}},
     {{{"counter", Operand::kInt32}}}},
    {TWOPASS_OP_OPTIMIZER,
     "optimizer",
     -1,
     {{{"gradient", Operand::kFloat32}}},
     {{{"weight", Operand::kFloat32},
       {"first_moment", Operand::kFloat32},
       {"second_moment", Operand::kFloat32, Operand::kOptional}}}},
    {TWOPASS_OP_ROW_NORMALIZE,
     "row_normalize",
     0,
     {{{"x", Operand::kFloat32}}},
     {{{"out", Operand::kFloat32}, {"inverse", Operand::kFloat32, Operand::kOptional}}}},
    {TWOPASS_OP_ROW_NORMALIZE_GRADIENT,
     "row_normalize_gradient",
     0,
     {{{"dy", Operand::kFloat32},
       {"y", Operand::kFloat32},
       {"inverse", Operand::kFloat32},
       {"mask", Operand::kFloat32, Operand::kOptional}}},
     {{{"dx", Operand::kFloat32}}}},
    {TWOPASS_OP_GOODNESS_LOSS,
     "goodness_loss",
     2,
     {{{"h", Operand::kFloat32}}},
     {{{"goodness", Operand::kFloat32, Operand::kOptional},
       {"loss", Operand::kFloat32, Operand::kOptional},
       {"gradient", Operand::kFloat32, Operand::kOptional}}}},
    {TWOPASS_OP_SELECT,
     "select",
     0,
     {{{"mask", Operand::kFloat32}, {"a", Operand::kFloat32}, {"b", Operand::kFloat32}}},
     {{{"out", Operand::kFloat32}}}},
}};

// Null for a code that this version does not know.
inline const OpDescription* find_op(uint32_t code) {
  for (const OpDescription& description : kOps)
    if (static_cast<uint32_t>(description.code) == code) return &description;
  return nullptr;
}

inline std::string op_name(uint32_t code) {
  const OpDescription* description = find_op(code);
  return description != nullptr ? description->name : std::string("op code ") + std::to_string(code);
}

inline const char* type_name(uint32_t type) {
  constexpr std::array<const char*, 4> kNames{"float32", "int32", "uint8", "bfloat16"};
  return type < kNames.size() ? kNames[type] : "unknown type";
}

inline int64_t type_bytes(uint32_t type) {
  constexpr std::array<int64_t, 4> kBytes{4, 4, 1, 2};
  return type < kBytes.size() ? kBytes[type] : 0;
}

// Whether the op reads what its outputs held before.
inline bool reads_output(const twopass_op& op) {
  switch (op.code) {
    case TWOPASS_OP_GEMM:
      return op.scalar[1] != 0;
    case TWOPASS_OP_COLUMN_REDUCE:
      return op.mode[1] != 0;
    case TWOPASS_OP_COUNT_EQUAL:
    case TWOPASS_OP_OPTIMIZER:
      return true;
    default:
      return false;
  }
}

}  // namespace twopass
