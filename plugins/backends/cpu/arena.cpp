#include "cpu/arena.hpp"

#include <algorithm>
#include <numeric>

#include "twopass/error.hpp"
#include "twopass/op_table.hpp"

namespace twopass::cpu {

namespace {

struct Life {
  int64_t bytes = 0;
  uint32_t first_op = UINT32_MAX, last_op = 0;

  bool meets(const Life& other) const { return first_op <= other.last_op && other.first_op <= last_op; }
};

std::vector<Life> lives(const twopass_program& program) {
  constexpr int64_t kCacheLine = 64;
  std::vector<Life> result(program.buffer_count);
  for (uint32_t index = 0; index < program.buffer_count; ++index) {
    const twopass_buffer& buffer = abi::at(program.buffers, index);
    const int64_t bytes =
        buffer.storage == nullptr ? buffer.rows * buffer.columns * type_bytes(buffer.type) : 0;
    result[index].bytes = (bytes + kCacheLine - 1) / kCacheLine * kCacheLine;
  }
  const auto use = [&](const twopass_view& view, uint32_t op) {
    if (view.buffer < 0) return;
    Life& life = result[static_cast<size_t>(view.buffer)];
    life.first_op = std::min(life.first_op, op);
    life.last_op = std::max(life.last_op, op);
  };
  for (uint32_t op = 0; op < program.op_count; ++op) {
    for (const twopass_view& view : abi::at(program.ops, op).in) use(view, op);
    for (const twopass_view& view : abi::at(program.ops, op).out) use(view, op);
  }
  return result;
}

}  // namespace

// Largest first, each at the lowest offset that is free during its life.
Arena plan_arena(const twopass_program& program) {
  const std::vector<Life> all = lives(program);
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

}  // namespace twopass::cpu
