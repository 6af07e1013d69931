#pragma once

#include <cstdint>

#include "cpu/matrix.hpp"

// Products a^T b of a few hundred to thousands of rows, tile by tile in registers: the shape of a weight
// gradient. Both factors are packed first, so that a tile's factors follow each other in memory.

namespace twopass::cpu::kernels {

enum class Factors { kFloat32, kBfloat16 };

inline constexpr int64_t kTileRows = 12, kTileColumns = 32;

// Whether this CPU has the instructions.
bool has_tiles(Factors factors);

// A packed factor counts in words: one float, or the bfloat16 of two rows of the factor side by side.
constexpr int64_t words_per_column(Factors factors, int64_t rows) {
  return factors == Factors::kFloat32 ? rows : (rows + 1) / 2;
}

// Packs columns [panel * width, + width) of `in` [rows, columns], zeros where there are none:
// out[word][column].
void pack_panel(Factors factors, const Matrix<const float>& in, int64_t width, int64_t panel, float* out);

// sums[kTileRows][stride], the first kTileColumns of each row, (+)= a^T b over `words` words of a panel of
// each; all on cache lines. Only where has_tiles.
void multiply_tile(Factors factors, const float* a, const float* b, int64_t words, bool accumulate,
                   float* sums, int64_t stride);

}  // namespace twopass::cpu::kernels
