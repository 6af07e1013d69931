#include "listing/narrowing.hpp"

#include <algorithm>
#include <iterator>
#include <span>

#include "twopass/op_table.hpp"

namespace twopass::listing {

namespace {

bool same(const twopass_view& a, const twopass_view& b) {
  return a.buffer == b.buffer && a.first == b.first && a.rows == b.rows && a.columns == b.columns &&
         a.stride == b.stride;
}

bool touches(std::span<const twopass_view> views, int32_t buffer) {
  return std::ranges::any_of(views, [=](const twopass_view& view) { return view.buffer == buffer; });
}

bool writes(const twopass_op& op, const twopass_view& whole) {
  return !reads_output(op) &&
         std::ranges::any_of(op.out, [&](const twopass_view& view) { return same(view, whole); });
}

class Narrowing {
 public:
  Narrowing(Listing& listing, const NarrowingRules& rules) : listing_(listing), rules_(rules) {}

  void run() {
    for (size_t copy = 1; copy < listing_.entries.size(); ++copy)
      if (is_rounding(listing_.entries[copy].op)) read_rounded(copy);
    for (size_t copy = 1; copy < listing_.entries.size(); ++copy)
      if (is_rounding(listing_.entries[copy].op) && !is_read(copy, listing_.entries[copy].op.in[0]))
        write_rounded(copy);
    for (size_t copy = listing_.entries.size(); copy-- > 0;)
      if (is_widening(listing_.entries[copy].op) && !is_read(copy, listing_.entries[copy].op.out[0]))
        listing_.entries.erase(listing_.entries.begin() + static_cast<ptrdiff_t>(copy));
  }

 private:
  const twopass_buffer& buffer(const twopass_view& view) const {
    return listing_.buffers[static_cast<size_t>(view.buffer)];
  }

  bool is_temp(const twopass_view& view, twopass_type type) const {
    return buffer(view).storage == nullptr && buffer(view).type == type;
  }
  // A copy that does nothing but round a temp.
  bool is_rounding(const twopass_op& op) const {
    return op.code == TWOPASS_OP_COPY && op.slot[0] < 0 && op.slot[1] < 0 && op.scalar[0] == 1 &&
           op.scalar[1] == 0 && is_temp(op.in[0], TWOPASS_F32) && is_temp(op.out[0], TWOPASS_BF16);
  }
  // A copy into a temp of floats, which products may have left alone for what was copied.
  bool is_widening(const twopass_op& op) const {
    return op.code == TWOPASS_OP_COPY && buffer(op.in[0]).type == TWOPASS_BF16 &&
           is_temp(op.out[0], TWOPASS_F32);
  }

  // Ops behind the copy that can do so take what it rounded.
  void read_rounded(size_t copy) {
    const twopass_view from = listing_.entries[copy].op.in[0], to = listing_.entries[copy].op.out[0];
    for (size_t index = copy + 1; index < listing_.entries.size(); ++index) {
      twopass_op& op = listing_.entries[index].op;
      if (touches(op.out, to.buffer)) return;
      if (same(op.in[0], from) && rules_.reads(op)) op.in[0] = to;
      if (touches(op.out, from.buffer)) return;
    }
  }

  // Whether an op behind the copy reads floats that may be those of `from`. A temp does not outlive a run.
  bool is_read(size_t copy, const twopass_view& from) const {
    for (size_t index = copy + 1; index < listing_.entries.size(); ++index) {
      const twopass_op& op = listing_.entries[index].op;
      if (touches(op.in, from.buffer) || (reads_output(op) && touches(op.out, from.buffer))) return true;
      if (writes(op, from)) return false;
    }
    return false;
  }

  // The op before the copy writes what the copy would, which then has nothing to do.
  void write_rounded(size_t copy) {
    const twopass_op& rounding = listing_.entries[copy].op;
    twopass_op& op = listing_.entries[copy - 1].op;
    for (size_t output = 0; output < std::size(op.out); ++output) {
      if (!same(op.out[output], rounding.in[0]) || !rules_.writes(op, output)) continue;
      op.out[output] = rounding.out[0];
      listing_.entries.erase(listing_.entries.begin() + static_cast<ptrdiff_t>(copy));
      return;
    }
  }

  Listing& listing_;
  const NarrowingRules& rules_;
};

}  // namespace

void narrow_temps(Listing& listing, const NarrowingRules& rules) { Narrowing(listing, rules).run(); }

}  // namespace twopass::listing
