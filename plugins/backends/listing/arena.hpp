#pragma once

#include <cstdint>
#include <vector>

#include "listing/listing.hpp"

namespace twopass::listing {

// Where each buffer's temp lies in one block of memory, in bytes; -1 for buffers that need none: those with
// storage, and the gradients of updates.
struct Arena {
  std::vector<int64_t> offsets;
  int64_t bytes = 0;
};

// Temps share memory when one is last used before the other is first used, which also keeps the block in the
// cache. Every temp begins at a multiple of `alignment` bytes, a power of two.
Arena plan_arena(const Listing& listing, int64_t alignment);

}  // namespace twopass::listing
