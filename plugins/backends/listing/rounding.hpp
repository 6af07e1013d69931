#pragma once

#include <functional>

#include "listing/listing.hpp"
#include "twopass/backend.hpp"

namespace twopass::listing {

// What a backend says about its products and its memory.
struct RoundingRules {
  // Whether the factors of this gemm are to be rounded; those of an update (mark_updates) always are.
  std::function<bool(const twopass_op& gemm)> rounds;
  // The bfloat16 copy, of the same shape, of a float32 param. Uploads and the optimiser keep it up to date.
  std::function<Backend::Storage*(const twopass_buffer& param)> working_copy;
  // Whether this gemm, of which nothing is rounded, can take its first factor in bfloat16 where that is
  // exact. May be absent.
  std::function<bool(const twopass_op& gemm)> reads_narrow = {};
};

// Gives products their factors in bfloat16. Params are read from their working copy, copies of bfloat16 from
// where it was before it was widened. Anything else is rounded once, right behind the op that wrote it, where
// it is still in the cache, however many products read it.
void round_factors(Listing& listing, const RoundingRules& rules);

}  // namespace twopass::listing
