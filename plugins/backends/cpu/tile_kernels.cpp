#include "cpu/tile_kernels.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "cpu/amx_kernels.hpp"
#include "cpu/kernels.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace twopass::cpu::kernels {

namespace {

static_assert(kTileColumns == kAmxSums && tile_rows(Tiles::kAmx) == kAmxSums && kWordBlock == kAmxBlock,
              "AMX multiplies what is packed here");

// One word of columns [first, first + width), zeros where the factor has none.
void pack_word(const Matrix<const float>& in, int64_t word, int64_t first, int64_t width, float* out) {
  const int64_t columns = word < in.rows ? std::min(width, in.columns - first) : 0;
  if (columns > 0) std::copy_n(in.at(word, first), columns, out);
  std::fill(out + columns, out + width, 0.0F);
}

[[gnu::target_clones("avx512f", "avx2", "default")]] void pair(const Bfloat16* low, const Bfloat16* high,
                                                               float* out, int64_t n) {
#pragma omp simd
  for (int64_t index = 0; index < n; ++index)
    out[index] = std::bit_cast<float>(static_cast<uint32_t>(low[index].bits) |
                                      static_cast<uint32_t>(high[index].bits) << 16);
}

void pack_word(const Matrix<const Bfloat16>& in, int64_t word, int64_t first, int64_t width, float* out) {
  const int64_t row = 2 * word, columns = row < in.rows ? std::min(width, in.columns - first) : 0;
  if (columns > 0) {
    const std::array<Bfloat16, kTileColumns> none{};
    pair(in.at(row, first), row + 1 < in.rows ? in.at(row + 1, first) : none.data(), out, columns);
  }
  std::fill(out + columns, out + width, 0.0F);
}

// Goes through whole rows: memory delivers them faster than a panel's short pieces.
template <class T>
void pack_words(const Matrix<const T>& in, int64_t words, int64_t width, int64_t first_word, int64_t end_word,
                float* out) {
  for (int64_t word = first_word; word < end_word; ++word)
    for (int64_t column = 0; column < in.columns; column += width)
      pack_word(in, word, column, width, out + column * words + word * width);
}

// AMX wants a's words of one column side by side.
void pack_amx_block(const Matrix<const Bfloat16>& a, int64_t first_word, float* out) {
  constexpr int64_t kWidth = tile_rows(Tiles::kAmx);
  const int64_t words = words_per_column(Tiles::kAmx, a.rows);
  for (int64_t first = 0; first < a.columns; first += kWidth) {
    float block[kWordBlock][kWidth];
    for (int64_t word = 0; word < kWordBlock; ++word)
      pack_word(a, first_word + word, first, kWidth, block[word]);
    float* packed = out + first * words + first_word * kWidth;
    for (int64_t column = 0; column < kWidth; column += 16)
      transpose_block(block[0] + column, kWidth, packed + column * kWordBlock, kWordBlock);
  }
}

}  // namespace

void pack_a(Tiles tiles, const Matrix<const float>& a, int64_t first_word, int64_t end_word, float* out) {
  pack_words(a, words_per_column(tiles, a.rows), tile_rows(tiles), first_word, end_word, out);
}

void pack_a(Tiles tiles, const Matrix<const Bfloat16>& a, int64_t first_word, int64_t end_word, float* out) {
  if (tiles == Tiles::kBfloat16)
    return pack_words(a, words_per_column(tiles, a.rows), tile_rows(tiles), first_word, end_word, out);
  for (int64_t word = first_word; word < end_word; word += kWordBlock) pack_amx_block(a, word, out);
}

void pack_b(Tiles tiles, const Matrix<const float>& b, int64_t first_word, int64_t end_word, float* out) {
  pack_words(b, words_per_column(tiles, b.rows), kTileColumns, first_word, end_word, out);
}

void pack_b(Tiles tiles, const Matrix<const Bfloat16>& b, int64_t first_word, int64_t end_word, float* out) {
  pack_words(b, words_per_column(tiles, b.rows), kTileColumns, first_word, end_word, out);
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

}  // namespace

bool has_tiles(Tiles tiles) {
  if (tiles == Tiles::kAmx) return has_amx();
  const bool vectors = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0;
  return vectors && (tiles == Tiles::kFloat32 || __builtin_cpu_supports("avx512bf16") != 0);
}

void multiply_tile(Tiles tiles, const float* a, const float* b, int64_t words, bool accumulate, float* sums,
                   int64_t stride) {
  if (tiles == Tiles::kAmx)  // a panel of b serves several of a
    return amx_multiply({a, kAmxPackedLine, kAmxPackedStep}, b, words, accumulate, AmxStream::kRows, sums,
                        stride);
  const auto multiply_with =
      tiles == Tiles::kFloat32 ? multiply<Tiles::kFloat32> : multiply<Tiles::kBfloat16>;
  multiply_with(a, b, words, accumulate, sums, stride);
}

#else

bool has_tiles(Tiles) { return false; }

void multiply_tile(Tiles, const float*, const float*, int64_t, bool, float*, int64_t) {}

#endif

}  // namespace twopass::cpu::kernels
