#pragma once

#include <cstdint>
#include <initializer_list>

namespace twopass::cpu {

// A view with its address: what kernels work on. Absent operands have no data.
template <class T>
struct Matrix {
  T* data = nullptr;
  int64_t rows = 0, columns = 0, stride = 0;

  explicit operator bool() const { return data != nullptr; }
  T* row(int64_t index) const { return data + index * stride; }
  // Null stays null.
  T* at(int64_t row_index, int64_t column) const {
    return data == nullptr ? nullptr : data + row_index * stride + column;
  }
  // Rows follow each other without a gap.
  bool dense() const { return data == nullptr || stride == columns || rows == 1; }
};

}  // namespace twopass::cpu
