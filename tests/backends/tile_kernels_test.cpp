// Products of small whole numbers, which bfloat16 holds exactly: every kernel must give the exact result.

#include "cpu/tile_kernels.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "backends/tile_names.hpp"
#include "cpu/amx_kernels.hpp"

namespace twopass::cpu::kernels {
namespace {

class TileKernels : public ::testing::TestWithParam<Tiles> {};

constexpr int64_t kRows = 75, kColumnsOfA = 45, kColumnsOfB = 41;  // whole tiles in no direction

std::vector<float> small_numbers(int64_t columns, int64_t seed) {
  std::vector<float> values(static_cast<size_t>(kRows * columns));
  for (size_t index = 0; index < values.size(); ++index)
    values[index] = static_cast<float>((static_cast<int64_t>(index * index) + seed) % 17 - 8);
  return values;
}

std::vector<Bfloat16> rounded(const std::vector<float>& values) {
  std::vector<Bfloat16> result;
  for (const float value : values) result.push_back(to_bfloat16(value));
  return result;
}

int64_t up(int64_t count, int64_t unit) { return (count + unit - 1) / unit * unit; }

// On cache lines, as the kernels want it.
struct Lines {
  explicit Lines(int64_t floats) : memory(static_cast<size_t>(up(floats, 16) / 16)) {}
  float* data() { return memory.front().values; }

  struct alignas(64) Line {
    float values[16];
  };
  std::vector<Line> memory;
};

TEST_P(TileKernels, MultiplyExactly) {
  const Tiles tiles = GetParam();
  if (!has_tiles(tiles)) GTEST_SKIP() << "this CPU has no such instructions";
  const std::vector<float> a = small_numbers(kColumnsOfA, 1), b = small_numbers(kColumnsOfB, 5);
  const int64_t rows = tile_rows(tiles), words = words_per_column(tiles, kRows);
  const int64_t stride = up(kColumnsOfB, kTileColumns);
  Lines packed_a(up(kColumnsOfA, rows) * words), packed_b(stride * words),
      sums(up(kColumnsOfA, rows) * stride);
  const auto pack = [&](const auto& left, const auto& right) {
    using Factor = Matrix<const std::remove_cvref_t<decltype(left[0])>>;
    pack_a(tiles, Factor{left.data(), kRows, kColumnsOfA, kColumnsOfA}, 0, words, packed_a.data());
    pack_b(tiles, Factor{right.data(), kRows, kColumnsOfB, kColumnsOfB}, 0, words, packed_b.data());
  };
  if (tiles == Tiles::kFloat32)
    pack(a, b);
  else
    pack(rounded(a), rounded(b));

  std::optional<AmxScope> scope;
  if (tiles == Tiles::kAmx) scope.emplace();
  for (int64_t row = 0; row < kColumnsOfA; row += rows)
    for (int64_t column = 0; column < kColumnsOfB; column += kTileColumns) {
      // In two parts, the second added to the first.
      const int64_t first = kWordBlock;
      float* out = sums.data() + row * stride + column;
      const float *left = packed_a.data() + row * words, *right = packed_b.data() + column * words;
      multiply_tile(tiles, left, right, first, false, out, stride);
      multiply_tile(tiles, left + first * rows, right + first * kTileColumns, words - first, true, out,
                    stride);
    }

  for (int64_t row = 0; row < kColumnsOfA; ++row)
    for (int64_t column = 0; column < kColumnsOfB; ++column) {
      double expected = 0;
      for (int64_t index = 0; index < kRows; ++index)
        expected += static_cast<double>(a[static_cast<size_t>(index * kColumnsOfA + row)]) *
                    static_cast<double>(b[static_cast<size_t>(index * kColumnsOfB + column)]);
      ASSERT_EQ(sums.data()[row * stride + column], expected) << "row " << row << ", column " << column;
    }
}

INSTANTIATE_TEST_SUITE_P(All, TileKernels, ::testing::Values(Tiles::kFloat32, Tiles::kBfloat16, Tiles::kAmx),
                         name_of);

}  // namespace
}  // namespace twopass::cpu::kernels
