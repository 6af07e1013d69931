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
  // Whether this gemm can take its factors, or its first one if it is not to be rounded, as they were before
  // they were widened, however far apart their rows lie there. Those of an update always can. May be absent.
  std::function<bool(const twopass_op& gemm)> takes_widened = {};
};

// Gives products their factors in bfloat16. Params are read from their working copy, and what was widened
// from bfloat16, where the rules allow it, from there. Anything else is rounded once, right behind the op
// that wrote it, where it is still in the cache, however many products read it.
void round_factors(Listing& listing, const RoundingRules& rules);

}  // namespace twopass::listing
