#include "listing/listing.hpp"

#include <algorithm>

#include "twopass/error.hpp"

namespace twopass::listing {

namespace {

bool covers(const twopass_view& view, const twopass_buffer& buffer) {
  return view.first == 0 && view.rows == buffer.rows && view.columns == buffer.columns;
}

// gradient (+)= a^T b and nothing more.
bool is_gradient_product(const twopass_op& op, int32_t gradient, bool accumulates) {
  return op.code == TWOPASS_OP_GEMM && op.out[0].buffer == gradient && op.in[0].buffer != gradient &&
         op.in[1].buffer != gradient && op.mode[0] == 1 && op.mode[1] == 0 &&
         op.mode[2] == TWOPASS_IDENTITY && op.scalar[0] == 1 && op.scalar[1] == (accumulates ? 1 : 0) &&
         op.in[2].buffer < 0 && op.in[3].buffer < 0;
}

// How many ops before the optimizer at `last` make its gradient, or 0.
size_t products_before(const Listing& listing, size_t last) {
  const twopass_view& gradient = listing.entries[last].op.in[0];
  const twopass_buffer& buffer = listing.buffers[static_cast<size_t>(gradient.buffer)];
  if (buffer.storage != nullptr || !covers(gradient, buffer)) return 0;
  const auto& [weight, first_moment, second_moment, none] = listing.entries[last].op.out;
  if (first_moment.stride != weight.stride ||
      (second_moment.buffer >= 0 && second_moment.stride != weight.stride))
    return 0;
  for (size_t count = 1; count <= last; ++count) {
    const twopass_op& op = listing.entries[last - count].op;
    if (is_gradient_product(op, gradient.buffer, false)) return covers(op.out[0], buffer) ? count : 0;
    const bool adds_to_first_columns = is_gradient_product(op, gradient.buffer, true) &&
                                       op.out[0].first == 0 && op.out[0].rows == buffer.rows;
    if (!adds_to_first_columns) return 0;
  }
  return 0;
}

size_t uses(const Listing& listing, int32_t buffer) {
  size_t count = 0;
  for (const Listing::Entry& entry : listing.entries) {
    count += static_cast<size_t>(
        std::ranges::count(entry.op.in, buffer, [](const twopass_view& view) { return view.buffer; }));
    count += static_cast<size_t>(
        std::ranges::count(entry.op.out, buffer, [](const twopass_view& view) { return view.buffer; }));
  }
  return count;
}

}  // namespace

Listing::Listing(const twopass_program& program) {
  for (uint32_t index = 0; index < program.buffer_count; ++index)
    buffers.push_back(abi::copy(abi::at(program.buffers, index)));
  for (uint32_t index = 0; index < program.op_count; ++index)
    entries.push_back({abi::copy(abi::at(program.ops, index))});
}

bool is_plain_copy(const twopass_op& op) {
  return op.code == TWOPASS_OP_COPY && op.slot[0] < 0 && op.slot[1] < 0 && op.scalar[0] == 1 &&
         op.scalar[1] == 0;
}

void mark_updates(Listing& listing) {
  struct Candidate {
    size_t first, count;
  };
  std::vector<Candidate> candidates;
  std::vector<size_t> explained(listing.buffers.size());  // uses of each gradient within candidates
  for (size_t last = 0; last < listing.entries.size(); ++last) {
    const twopass_op& op = listing.entries[last].op;
    if (op.code != TWOPASS_OP_OPTIMIZER) continue;
    const size_t products = products_before(listing, last);
    if (products == 0) continue;
    candidates.push_back({last - products, products + 1});
    explained[static_cast<size_t>(op.in[0].buffer)] += products + 1;
  }
  for (const Candidate& candidate : candidates) {
    const int32_t gradient = listing.entries[candidate.first].op.out[0].buffer;
    if (uses(listing, gradient) == explained[static_cast<size_t>(gradient)])
      listing.entries[candidate.first].update = candidate.count;
  }
}

}  // namespace twopass::listing
