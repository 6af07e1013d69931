#pragma once

#include "cpu/listing.hpp"

namespace twopass::onednn {

// Gives every large product its factors in bfloat16. Params are read from their working copy, which uploads
// and the optimiser keep up to date. Anything else is rounded once, right behind the op that wrote it, where
// it is still in the cache, however many products read it.
void round_factors(cpu::Listing& listing);

}  // namespace twopass::onednn
