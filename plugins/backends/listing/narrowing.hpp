#pragma once

#include <functional>

#include "listing/listing.hpp"

namespace twopass::listing {

// What a backend's ops can do with bfloat16.
struct NarrowingRules {
  // Whether the op can read its first input rounded.
  std::function<bool(const twopass_op& op)> reads;
  // Whether the op can write this output rounded.
  std::function<bool(const twopass_op& op, size_t output)> writes;
};

// Behind round_factors: temps of which all readers take the rounded copy are written rounded by the op that
// makes them, if it can, so that their floats do not go to memory; and copies to floats that nobody reads, as
// widened ones may be then, are left out.
void narrow_temps(Listing& listing, const NarrowingRules& rules);

}  // namespace twopass::listing
