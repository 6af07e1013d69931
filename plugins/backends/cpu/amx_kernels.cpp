#include "cpu/amx_kernels.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>
#endif

namespace twopass::cpu::kernels {

#if defined(__x86_64__)

namespace {

// What ldtilecfg reads. A constant: the intrinsic tells the compiler of its first bytes only.
struct alignas(64) TileShapes {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr TileShapes kShapes;

[[gnu::target("amx-tile")]] void set_up() { _tile_loadconfig(&kShapes); }
[[gnu::target("amx-tile")]] void release() { _tile_release(); }

// Linux lends the tile registers only to a process that asks for them (Documentation/arch/x86/xstate.rst).
bool may_use_amx() {
  constexpr long kRequest = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
}

// The compiler does not know that tile instructions touch memory: callers must be elsewhere, in another file.
// Tile registers 0 to 3 are the quarters of the sums, 4 and 5 halves of a, 6 and 7 halves of b.
template <AmxStream kStream>
[[gnu::target("amx-tile,amx-bf16")]] void multiply(const AmxRows& rows, const float* b, int64_t words,
                                                   bool accumulate, float* sums, int64_t stride) {
  const int64_t sums_line = stride * 4, b_line = kAmxSums * 4, a_line = rows.line;
  float *low = sums, *high = sums + 16 * stride;
  if (accumulate) {
    _tile_loadd(0, low, sums_line);
    _tile_loadd(1, low + 16, sums_line);
    _tile_loadd(2, high, sums_line);
    _tile_loadd(3, high + 16, sums_line);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  const auto* a = static_cast<const std::byte*>(rows.data);
  for (int64_t word = 0; word < words; word += kAmxBlock) {
    if constexpr (kStream == AmxStream::kRows) {
      _tile_stream_loadd(4, a, a_line);
      _tile_loadd(6, b, b_line);
      _tile_loadd(7, b + 16, b_line);
    } else {
      _tile_loadd(4, a, a_line);
      _tile_stream_loadd(6, b, b_line);
      _tile_stream_loadd(7, b + 16, b_line);
    }
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    if constexpr (kStream == AmxStream::kRows)
      _tile_stream_loadd(5, a + 16 * a_line, a_line);
    else
      _tile_loadd(5, a + 16 * a_line, a_line);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
    a += rows.step;
    b += kAmxBlock * kAmxSums;
  }
  _tile_stored(0, low, sums_line);
  _tile_stored(1, low + 16, sums_line);
  _tile_stored(2, high, sums_line);
  _tile_stored(3, high + 16, sums_line);
}

// A row of a block: one register.
using Row [[gnu::vector_size(64)]] = float;

// Of each pair of rows that are kStep apart, swaps the upper kStep lanes of every 2 kStep of the first with
// the lower ones of the second.
template <int kStep, int... kLanes>
[[gnu::target("avx512f"), gnu::always_inline]] inline void swap_lanes(Row (&rows)[16],
                                                                      std::integer_sequence<int, kLanes...>) {
#pragma GCC unroll 16
  for (int index = 0; index < 16; ++index) {
    if ((index & kStep) != 0) continue;
    const Row low = rows[index], high = rows[index + kStep];
    rows[index] =
        __builtin_shufflevector(low, high, ((kLanes & kStep) == 0 ? kLanes : 16 + kLanes - kStep)...);
    rows[index + kStep] =
        __builtin_shufflevector(low, high, ((kLanes & kStep) == 0 ? kLanes + kStep : 16 + kLanes)...);
  }
}

[[gnu::target("avx512f"), gnu::always_inline]] inline void load_transposed(const float* in, int64_t stride,
                                                                           Row (&rows)[16]) {
  constexpr std::make_integer_sequence<int, 16> kLanes;
#pragma GCC unroll 16
  for (int row = 0; row < 16; ++row) std::memcpy(&rows[row], in + row * stride, sizeof rows[row]);
  swap_lanes<8>(rows, kLanes);
  swap_lanes<4>(rows, kLanes);
  swap_lanes<2>(rows, kLanes);
  swap_lanes<1>(rows, kLanes);
}

}  // namespace

bool has_amx() {
  static const bool kHas =
      __builtin_cpu_supports("amx-bf16") != 0 && __builtin_cpu_supports("avx512f") != 0 && may_use_amx();
  return kHas;
}

AmxScope::AmxScope() { set_up(); }
AmxScope::~AmxScope() { release(); }

void amx_multiply(const AmxRows& a, const float* b, int64_t words, bool accumulate, AmxStream stream,
                  float* sums, int64_t stride) {
  const auto multiply_with =
      stream == AmxStream::kRows ? multiply<AmxStream::kRows> : multiply<AmxStream::kColumns>;
  multiply_with(a, b, words, accumulate, sums, stride);
}

[[gnu::target("avx512f")]] void transpose_block(const float* in, int64_t in_stride, float* out,
                                                int64_t out_stride) {
  Row rows[16];
  load_transposed(in, in_stride, rows);
#pragma GCC unroll 16
  for (int row = 0; row < 16; ++row) std::memcpy(out + row * out_stride, &rows[row], sizeof rows[row]);
}

void amx_pack_columns(const Matrix<const Bfloat16>& in, int64_t first, float* out) {
  for (int64_t half = 0; half < kAmxSums; half += 16)
    for (int64_t column = 0; column < in.columns; column += 32) {
      float* to = out + column / 2 * kAmxSums + half;
      const int64_t row = first + half;
      const int64_t rows = std::clamp<int64_t>(in.rows - row, 0, 16);
      const int64_t columns = std::min<int64_t>(in.columns - column, 32);
      if (rows == 16 && columns == 32 && in.stride % 2 == 0) {
        transpose_block(reinterpret_cast<const float*>(in.at(row, column)), in.stride / 2, to, kAmxSums);
        continue;
      }
      Bfloat16 edge[16][32] = {};
      for (int64_t index = 0; index < rows; ++index)
        std::copy_n(in.at(row + index, column), columns, edge[index]);
      transpose_block(reinterpret_cast<const float*>(edge), 16, to, kAmxSums);
    }
}

[[gnu::target("avx512f")]] void amx_store_transposed(const float* sums, const Matrix<float>& out,
                                                     int64_t skip, const float* bias, bool relu) {
  for (int64_t column = 0; column < kAmxSums; column += 16) {
    const auto mask = static_cast<__mmask16>(0xffffU << std::clamp<int64_t>(skip - column, 0, 16));
    const __m512 zero = _mm512_setzero_ps();
    const __m512 shift = bias == nullptr ? zero : _mm512_loadu_ps(bias + column);
    for (int64_t first = 0; first < out.rows; first += 16) {
      Row rows[16];
      load_transposed(sums + column * kAmxSums + first, kAmxSums, rows);
      const int64_t count = std::min<int64_t>(out.rows - first, 16);
      for (int64_t row = 0; row < count; ++row) {
        __m512 value = rows[row] + shift;
        if (relu) value = zero > value ? zero : value;  // in this order it keeps NaN
        _mm512_mask_storeu_ps(out.at(first + row, column), mask, value);
      }
    }
  }
}

#else

bool has_amx() { return false; }
AmxScope::AmxScope() = default;
AmxScope::~AmxScope() = default;
void amx_multiply(const AmxRows&, const float*, int64_t, bool, AmxStream, float*, int64_t) {}
void amx_pack_columns(const Matrix<const Bfloat16>&, int64_t, float*) {}
void amx_store_transposed(const float*, const Matrix<float>&, int64_t, const float*, bool) {}
void transpose_block(const float*, int64_t, float*, int64_t) {}

#endif

}  // namespace twopass::cpu::kernels
