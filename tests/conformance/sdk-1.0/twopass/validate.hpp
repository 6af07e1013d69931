#pragma once

// The rules of a program, checked before any backend sees it: operands, types, shapes, views, overlaps,
// slots.

#include <cstdint>
#include <string>
#include <vector>

#include "twopass/abi.h"
#include "twopass/error.hpp"
#include "twopass/op_check.hpp"
#include "twopass/op_table.hpp"
#include "twopass/views.hpp"

namespace twopass {

namespace detail {

inline void validate_buffer(const twopass_program& program, const twopass_buffer& buffer) {
  const auto require = [&](bool condition, const std::string& what) {
    if (!condition)
      throw Error("program '" + std::string(program.name) + "', buffer '" + buffer.name + "' " +
                      shape_text(buffer.rows, buffer.columns) + ": " + what,
                  TWOPASS_INTERNAL);
  };
  require(buffer.rows >= 1 && buffer.columns >= 1, "a buffer needs at least one row and one column");
  require(type_bytes(buffer.type) > 0, "its type is not known to this version");
  require(buffer.role <= TWOPASS_TEMP, "its role is not known to this version");
  require((buffer.role == TWOPASS_TEMP) == (buffer.storage == nullptr),
          "a temp has no storage of its own, and everything else was made by Device::tensor");
}

}  // namespace detail

// Throws Error (TWOPASS_INTERNAL: a wrong program is a bug of whoever recorded it) naming the program, the op
// by number and name, what is wrong, and the op's operands with their shapes.
inline void validate(const twopass_program& program) {
  for (uint32_t index = 0; index < program.buffer_count; ++index)
    detail::validate_buffer(program, abi::at(program.buffers, index));
  std::vector<bool> written(program.buffer_count, false);
  for (uint32_t index = 0; index < program.op_count; ++index) {
    const detail::OpCheck check(program, index);
    check.run();
    check.temps(written);
  }
}

}  // namespace twopass
