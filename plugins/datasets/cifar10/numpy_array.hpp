#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "pickle.hpp"

namespace twopass::cifar10 {

// A matrix of unsigned bytes.
struct ByteMatrix {
  int64_t rows = 0, columns = 0;
  std::vector<uint8_t> elements;  // row-major
};

// The array that a pickled value stands for: what numpy's `_reconstruct` or `_frombuffer` would make of it.
// Throws Error with TWOPASS_CORRUPT, naming `file`, when it is no matrix of unsigned bytes.
ByteMatrix byte_matrix(const Value& value, const std::filesystem::path& file);

}  // namespace twopass::cifar10
