#pragma once

#include <bit>
#include <cstdint>

namespace twopass::cpu {

// The upper half of a float: 8 bits of precision, float's range.
struct Bfloat16 {
  uint16_t bits;

  [[gnu::always_inline]] explicit operator float() const {
    return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
  }
};

// To nearest, ties to even, as the CPU's own conversions do; NaN stays NaN.
[[gnu::always_inline]] inline Bfloat16 to_bfloat16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return {static_cast<uint16_t>(value != value ? (bits >> 16 | 0x40) : rounded)};
}

}  // namespace twopass::cpu
