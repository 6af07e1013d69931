#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "twopass/abi.h"
#include "twopass/error.hpp"
#include "twopass/op_table.hpp"

namespace twopass {

// A slot that is a row offset must hold an integer from 0 to `largest`, or its op would leave the operand.
struct SlotLimit {
  int32_t slot;
  int64_t largest;
  std::string where;  // "program 'ff.step', op 3 gather_rows"
};

// Of a valid program.
inline std::vector<SlotLimit> slot_limits(const twopass_program& program) {
  std::vector<SlotLimit> limits;
  for (uint32_t index = 0; index < program.op_count; ++index) {
    const twopass_op& op = abi::at(program.ops, index);
    const int64_t rows = op.out[0].rows;
    const auto limit = [&](size_t slot, const twopass_view& view, int64_t needed) {
      if (op.slot[slot] < 0) return;
      limits.push_back({op.slot[slot], view.rows - needed,
                        "program '" + std::string(program.name) + "', op " + std::to_string(index) + " " +
                            op_name(op.code)});
    };
    if (op.code == TWOPASS_OP_COPY) {
      limit(0, op.in[0], std::min(op.in[0].rows, rows));
      limit(1, op.out[0], std::min(op.in[0].rows, rows));
    }
    if (op.code == TWOPASS_OP_GATHER_ROWS) limit(0, op.in[1], rows);
    if (op.code == TWOPASS_OP_GATHER_COLUMNS) limit(0, op.in[2], rows);
    if (op.code == TWOPASS_OP_ONE_HOT) limit(0, op.in[0], rows);
  }
  return limits;
}

// Before each run. Throws Error (TWOPASS_INTERNAL) naming the op and the range.
inline void check_slots(const std::vector<SlotLimit>& limits, const double* slots) {
  for (const SlotLimit& limit : limits) {
    const double value = slots[limit.slot];
    if (value >= 0 && value <= static_cast<double>(limit.largest) && value == std::floor(value)) continue;
    throw Error(limit.where + ": its row offset is " + std::to_string(value) +
                    ", but must be an integer from 0 to " + std::to_string(limit.largest),
                TWOPASS_INTERNAL);
  }
}

}  // namespace twopass
