#pragma once

#include <cstdint>
#include <string>

#include "twopass/abi.h"

namespace twopass::detail {

inline std::string shape_text(int64_t rows, int64_t columns) {
  return std::string("[") + std::to_string(rows) + ", " + std::to_string(columns) + "]";
}

inline bool same_rectangle(const twopass_view& a, const twopass_view& b) {
  return a.buffer == b.buffer && a.first == b.first && a.rows == b.rows && a.columns == b.columns &&
         (a.stride == b.stride || a.rows == 1);
}

// Whether two views share an element. Views of one stride are compared as rectangles, others by their extent.
inline bool overlap(const twopass_view& a, const twopass_view& b) {
  if (a.buffer < 0 || a.buffer != b.buffer) return false;
  const auto last = [](const twopass_view& view) {
    return view.first + (view.rows - 1) * view.stride + view.columns;
  };
  if (a.first >= last(b) || b.first >= last(a)) return false;
  if (a.stride != b.stride) return true;
  const auto apart = [](int64_t first, int64_t count, int64_t other, int64_t other_count) {
    return first >= other + other_count || other >= first + count;
  };
  return !apart(a.first / a.stride, a.rows, b.first / b.stride, b.rows) &&
         !apart(a.first % a.stride, a.columns, b.first % b.stride, b.columns);
}

}  // namespace twopass::detail
