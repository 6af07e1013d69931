#pragma once

#include <cstdint>

#include "cpu/bfloat16.hpp"
#include "cpu/matrix.hpp"

// AMX: products of 32 x 32 sums at a time in tile registers. Factors come in words, the bfloat16 of two terms
// of a sum side by side, and in blocks of 16 words per row or column.

namespace twopass::cpu::kernels {

constexpr int64_t kAmxSums = 32;   // rows and columns of sums at a time
constexpr int64_t kAmxBlock = 16;  // words

// Whether this CPU has AMX, and the system lets this process use it.
bool has_amx();

// AMX is set up while an instance lives, for the thread that made it.
class AmxScope {
 public:
  AmxScope();
  AmxScope(const AmxScope&) = delete;
  AmxScope& operator=(const AmxScope&) = delete;
  ~AmxScope();
};

// 32 rows of a factor in blocks of words: rows `line` bytes apart, blocks `step`.
struct AmxRows {
  const void* data;
  int64_t line, step;
};
// Rows whose blocks of 16 words follow each other, 32 rows to a block.
constexpr int64_t kAmxPackedLine = kAmxBlock * 4, kAmxPackedStep = kAmxSums * kAmxPackedLine;

// Which factor is not worth keeping in the L1 cache.
enum class AmxStream { kRows, kColumns };

// sums[32][stride], the first 32 of each row, (+)= a b over `words` words, whole blocks. b holds 32 words,
// one per column, for each word of a row. Sums and b lie on cache lines. Only within an AmxScope.
void amx_multiply(const AmxRows& a, const float* b, int64_t words, bool accumulate, AmxStream stream,
                  float* sums, int64_t stride);

// Packs rows [first, first + 32) of `in` as the columns that amx_multiply takes for b: words of 32 rows after
// each other, up to a whole block, zeros where `in` has no rows or columns.
void amx_pack_columns(const Matrix<const Bfloat16>& in, int64_t first, float* out);

// out[row][column] = activation(sums[column][row] + bias[column]) for rows [0, rows) and columns [skip, 32).
// sums[32][32]; bias may be null.
void amx_store_transposed(const float* sums, const Matrix<float>& out, int64_t skip, const float* bias,
                          bool relu);

// out[16][out_stride] = in[16][in_stride] transposed, the first 16 of each row.
void transpose_block(const float* in, int64_t in_stride, float* out, int64_t out_stride);

}  // namespace twopass::cpu::kernels
