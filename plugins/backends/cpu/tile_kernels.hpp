#pragma once

#include <cstdint>

#include "cpu/bfloat16.hpp"
#include "cpu/matrix.hpp"

// Products a^T b of a few hundred to thousands of rows, tile by tile in registers: the shape of a weight
// gradient. Both factors are packed first, so that a tile's factors follow each other in memory.

namespace twopass::cpu::kernels {

// The instructions that multiply: AVX-512 on floats, AVX512_BF16, or AMX on bfloat16.
enum class Tiles { kFloat32, kBfloat16, kAmx };

// Whether this CPU has the instructions, and the system lets this process use them.
bool has_tiles(Tiles tiles);

constexpr int64_t kTileColumns = 32;
constexpr int64_t tile_rows(Tiles tiles) { return tiles == Tiles::kAmx ? 32 : 12; }
constexpr int64_t kMostTileRows = tile_rows(Tiles::kAmx);

// A packed factor counts in words: one float, or the bfloat16 of two rows of the factor side by side. AMX
// takes words by the block, so the last ones may stand for no rows.
constexpr int64_t kWordBlock = 16;
constexpr int64_t words_per_column(Tiles tiles, int64_t rows) {
  if (tiles == Tiles::kFloat32) return rows;
  const int64_t pairs = (rows + 1) / 2;
  return tiles == Tiles::kBfloat16 ? pairs : (pairs + kWordBlock - 1) / kWordBlock * kWordBlock;
}

// Into how many panels of that width a factor's columns go.
constexpr int64_t panels(int64_t columns, int64_t width) { return (columns + width - 1) / width; }

// Pack words [first_word, end_word), for AMX whole blocks of them, of a factor [rows, columns] of the product
// a^T b. `out` holds panels of tile_rows columns of a or kTileColumns of b, each of words_per_column words;
// zeros where the factor has no columns or rows. Factors are floats for Tiles::kFloat32, or else bfloat16.
void pack_a(Tiles tiles, const Matrix<const float>& a, int64_t first_word, int64_t end_word, float* out);
void pack_a(Tiles tiles, const Matrix<const Bfloat16>& a, int64_t first_word, int64_t end_word, float* out);
void pack_b(Tiles tiles, const Matrix<const float>& b, int64_t first_word, int64_t end_word, float* out);
void pack_b(Tiles tiles, const Matrix<const Bfloat16>& b, int64_t first_word, int64_t end_word, float* out);

// sums[tile_rows][stride], the first kTileColumns of each row, (+)= a^T b over `words` words of a panel of
// each, for AMX whole blocks of them; all on cache lines. Only where has_tiles, for AMX within an AmxScope.
void multiply_tile(Tiles tiles, const float* a, const float* b, int64_t words, bool accumulate, float* sums,
                   int64_t stride);

}  // namespace twopass::cpu::kernels
