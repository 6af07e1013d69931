#include "listing/arena.hpp"

#include <algorithm>
#include <numeric>

#include "twopass/op_table.hpp"

namespace twopass::listing {

namespace {

struct Life {
  int64_t bytes = 0;
  uint32_t first_op = UINT32_MAX, last_op = 0;

  bool meets(const Life& other) const { return first_op <= other.last_op && other.first_op <= last_op; }
};

std::vector<Life> lives(const Listing& listing, int64_t alignment) {
  std::vector<Life> result(listing.buffers.size());
  const auto use = [&](const twopass_view& view, uint32_t op, int32_t unwritten) {
    if (view.buffer < 0 || view.buffer == unwritten) return;
    const auto index = static_cast<size_t>(view.buffer);
    const twopass_buffer& buffer = listing.buffers[index];
    if (buffer.storage != nullptr) return;
    Life& life = result[index];
    const int64_t bytes = buffer.rows * buffer.columns * type_bytes(buffer.type);
    life.bytes = (bytes + alignment - 1) / alignment * alignment;
    life.first_op = std::min(life.first_op, op);
    life.last_op = std::max(life.last_op, op);
  };
  size_t update_end = 0;
  int32_t unwritten = -1;  // the gradient of the update that the op belongs to
  for (size_t index = 0; index < listing.entries.size(); ++index) {
    const Listing::Entry& entry = listing.entries[index];
    if (index >= update_end) unwritten = -1;
    if (entry.update > 0) {
      update_end = index + entry.update;
      unwritten = entry.op.out[0].buffer;
    }
    for (const twopass_view& view : entry.op.in) use(view, static_cast<uint32_t>(index), unwritten);
    for (const twopass_view& view : entry.op.out) use(view, static_cast<uint32_t>(index), unwritten);
  }
  return result;
}

}  // namespace

// Largest first, each at the lowest offset that is free during its life.
Arena plan_arena(const Listing& listing, int64_t alignment) {
  const std::vector<Life> all = lives(listing, alignment);
  std::vector<size_t> order(all.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return all[a].bytes > all[b].bytes; });

  Arena arena{std::vector<int64_t>(all.size(), -1), 0};
  std::vector<size_t> placed;  // by offset
  for (const size_t temp : order) {
    if (all[temp].bytes == 0) break;
    int64_t offset = 0;
    for (const size_t other : placed) {
      if (!all[temp].meets(all[other])) continue;
      if (offset + all[temp].bytes <= arena.offsets[other]) break;
      offset = std::max(offset, arena.offsets[other] + all[other].bytes);
    }
    arena.offsets[temp] = offset;
    arena.bytes = std::max(arena.bytes, offset + all[temp].bytes);
    const auto after = [&](size_t other) { return arena.offsets[other] > offset; };
    placed.insert(std::find_if(placed.begin(), placed.end(), after), temp);
  }
  return arena;
}

}  // namespace twopass::listing
