#pragma once

#include <cstdint>
#include <vector>

#include "cpu/listing.hpp"

namespace twopass::cpu {

// Where each buffer's temp lies in one block of memory, in bytes; -1 for buffers that need none: those with
// storage, and the gradients of updates.
struct Arena {
  std::vector<int64_t> offsets;
  int64_t bytes = 0;
};

// Temps share memory when one is last used before the other is first used, which also keeps the block in the
// cache. Every temp begins on a cache line.
Arena plan_arena(const Listing& listing);

}  // namespace twopass::cpu
