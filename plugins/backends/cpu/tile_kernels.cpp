#include "cpu/tile_kernels.hpp"

#include <algorithm>
#include <array>

#include "cpu/kernels.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace twopass::cpu::kernels {

namespace {

// One word of columns [first, first + width), zeros where the factor has none.
void pack_word(Tiles tiles, const Matrix<const float>& in, int64_t word, int64_t first, int64_t width,
               float* out) {
  const int64_t row = tiles == Tiles::kFloat32 ? word : 2 * word;
  const int64_t columns = row < in.rows ? std::min(width, in.columns - first) : 0;
  if (columns > 0) {
    if (tiles == Tiles::kFloat32) {
      std::copy_n(in.at(row, first), columns, out);
    } else {
      const std::array<float, kTileColumns> none{};
      round_pairs(in.at(row, first), row + 1 < in.rows ? in.at(row + 1, first) : none.data(), out, columns);
    }
  }
  std::fill(out + columns, out + width, 0.0F);
}

// Goes through whole rows: memory delivers them faster than a panel's short pieces.
void pack_words(Tiles tiles, const Matrix<const float>& in, int64_t width, int64_t first_word,
                int64_t end_word, float* out) {
  const int64_t words = words_per_column(tiles, in.rows);
  for (int64_t word = first_word; word < end_word; ++word)
    for (int64_t column = 0; column < in.columns; column += width)
      pack_word(tiles, in, word, column, width, out + column * words + word * width);
}

constexpr int64_t kAmxRows = 16;  // of one of the four tiles that make up the sums

// AMX wants a's words of one column side by side.
void pack_amx_block(const Matrix<const float>& a, int64_t first_word, float* out) {
  constexpr int64_t kWidth = tile_rows(Tiles::kAmx);
  const int64_t words = words_per_column(Tiles::kAmx, a.rows);
  for (int64_t first = 0; first < a.columns; first += kWidth) {
    float block[kWordBlock][kWidth];
    for (int64_t word = 0; word < kWordBlock; ++word)
      pack_word(Tiles::kAmx, a, first_word + word, first, kWidth, block[word]);
    float* packed = out + first * words + first_word * kWidth;
    for (int64_t column = 0; column < kWidth; ++column)
      for (int64_t word = 0; word < kWordBlock; ++word) *packed++ = block[word][column];
  }
}

}  // namespace

void pack_a(Tiles tiles, const Matrix<const float>& a, int64_t first_word, int64_t end_word, float* out) {
  if (tiles != Tiles::kAmx) return pack_words(tiles, a, tile_rows(tiles), first_word, end_word, out);
  for (int64_t word = first_word; word < end_word; word += kWordBlock) pack_amx_block(a, word, out);
}

void pack_b(Tiles tiles, const Matrix<const float>& b, int64_t first_word, int64_t end_word, float* out) {
  pack_words(tiles, b, kTileColumns, first_word, end_word, out);
}

#if defined(__x86_64__)

namespace {

// 24 registers of sums, 2 of b, and a's numbers one by one to all lanes.
template <Tiles kTiles>
[[gnu::target("avx512f,avx512bw,avx512bf16")]] void multiply(const float* a, const float* b, int64_t words,
                                                             bool accumulate, float* sums, int64_t stride) {
  constexpr int kVectors = kTileColumns / 16;
  constexpr int64_t kRows = tile_rows(kTiles);
  __m512 sum[kRows][kVectors];
  for (int64_t row = 0; row < kRows; ++row)
    for (int64_t vector = 0; vector < kVectors; ++vector)
      sum[row][vector] = accumulate ? _mm512_load_ps(sums + row * stride + vector * 16) : _mm512_setzero_ps();
  for (int64_t word = 0; word < words; ++word, a += kRows, b += kTileColumns) {
    const __m512 b_part[kVectors] = {_mm512_load_ps(b), _mm512_load_ps(b + 16)};
#pragma GCC unroll 12
    for (int64_t row = 0; row < kRows; ++row) {
      const __m512 a_part = _mm512_set1_ps(a[row]);
#pragma GCC unroll 2
      for (int64_t vector = 0; vector < kVectors; ++vector)
        if constexpr (kTiles == Tiles::kFloat32)
          sum[row][vector] = _mm512_fmadd_ps(a_part, b_part[vector], sum[row][vector]);
        else
          sum[row][vector] = _mm512_dpbf16_ps(sum[row][vector], reinterpret_cast<__m512bh>(a_part),
                                              reinterpret_cast<__m512bh>(b_part[vector]));
    }
  }
  for (int64_t row = 0; row < kRows; ++row)
    for (int64_t vector = 0; vector < kVectors; ++vector)
      _mm512_store_ps(sums + row * stride + vector * 16, sum[row][vector]);
}

// Tile registers 0 to 3 are the quarters of the sums, 4 and 5 halves of a, 6 and 7 halves of b.
[[gnu::target("amx-tile,amx-bf16")]] void multiply_amx(const float* a, const float* b, int64_t words,
                                                       bool accumulate, float* sums, int64_t stride) {
  constexpr int64_t kBytes = sizeof(float);
  float *low = sums, *high = sums + kAmxRows * stride;
  const int64_t line = stride * kBytes;
  if (accumulate) {
    _tile_loadd(0, low, line);
    _tile_loadd(1, low + kAmxRows, line);
    _tile_loadd(2, high, line);
    _tile_loadd(3, high + kAmxRows, line);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int64_t word = 0; word < words; word += kWordBlock) {
    _tile_loadd(4, a, kWordBlock * kBytes);
    _tile_loadd(6, b, kTileColumns * kBytes);
    _tile_loadd(7, b + kAmxRows, kTileColumns * kBytes);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, a + kAmxRows * kWordBlock, kWordBlock * kBytes);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
    a += tile_rows(Tiles::kAmx) * kWordBlock;
    b += kTileColumns * kWordBlock;
  }
  _tile_stored(0, low, line);
  _tile_stored(1, low + kAmxRows, line);
  _tile_stored(2, high, line);
  _tile_stored(3, high + kAmxRows, line);
}

// What ldtilecfg reads. A constant: the intrinsic tells the compiler of its first bytes only.
struct alignas(64) TileShapes {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr TileShapes kShapes;

[[gnu::target("amx-tile")]] void set_up_amx() { _tile_loadconfig(&kShapes); }

[[gnu::target("amx-tile")]] void release_amx() { _tile_release(); }

// Linux lends the tile registers only to a process that asks for them (Documentation/arch/x86/xstate.rst).
bool may_use_amx() {
  constexpr long kRequest = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
}

}  // namespace

bool has_tiles(Tiles tiles) {
  if (tiles == Tiles::kAmx) return __builtin_cpu_supports("amx-bf16") != 0 && may_use_amx();
  const bool vectors = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0;
  return vectors && (tiles == Tiles::kFloat32 || __builtin_cpu_supports("avx512bf16") != 0);
}

TileScope::TileScope(Tiles tiles) : tiles_(tiles) {
  if (tiles_ == Tiles::kAmx) set_up_amx();
}
TileScope::~TileScope() {
  if (tiles_ == Tiles::kAmx) release_amx();
}

void multiply_tile(Tiles tiles, const float* a, const float* b, int64_t words, bool accumulate, float* sums,
                   int64_t stride) {
  const auto multiply_with = tiles == Tiles::kFloat32    ? multiply<Tiles::kFloat32>
                             : tiles == Tiles::kBfloat16 ? multiply<Tiles::kBfloat16>
                                                         : multiply_amx;
  multiply_with(a, b, words, accumulate, sums, stride);
}

#else

bool has_tiles(Tiles) { return false; }

TileScope::TileScope(Tiles tiles) : tiles_(tiles) {}
TileScope::~TileScope() = default;

void multiply_tile(Tiles, const float*, const float*, int64_t, bool, float*, int64_t) {}

#endif

}  // namespace twopass::cpu::kernels
