#include "listing/narrowing.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <vector>

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

// Whether nothing is left of what `whole` held. A copy to a row that a slot gives writes a part of its view.
bool overwrites(const twopass_op& op, const twopass_view& whole) {
  if (reads_output(op) || (op.code == TWOPASS_OP_COPY && op.slot[1] >= 0)) return false;
  return std::ranges::any_of(op.out, [&](const twopass_view& view) { return same(view, whole); });
}

class Narrowing {
 public:
  Narrowing(Listing& listing, const NarrowingRules& rules) : listing_(listing), rules_(rules) {}

  void run() {
    for (size_t copy = listing_.entries.size(); copy-- > 0;) {
      const twopass_op& op = listing_.entries[copy].op;
      if (is_rounding(op) && copy > 0)
        narrow(copy);
      else if (is_widening(op) && is_unread(copy))
        erase(copy);
    }
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
    return is_plain_copy(op) && is_temp(op.in[0], TWOPASS_F32) && is_temp(op.out[0], TWOPASS_BF16);
  }
  // A copy into a temp of floats, which products may have left alone for what was copied.
  bool is_widening(const twopass_op& op) const {
    return op.code == TWOPASS_OP_COPY && buffer(op.in[0]).type == TWOPASS_BF16 &&
           is_temp(op.out[0], TWOPASS_F32);
  }

  // Who reads what `floats` holds behind the copy. A temp does not outlive a run.
  struct Readers {
    std::vector<size_t> able;  // can as well read it rounded, from `rounded`
    size_t others = 0;         // that may read it
  };
  Readers readers(size_t copy, const twopass_view& floats, const twopass_view& rounded) const {
    Readers result;
    bool both_hold_it = true;
    for (size_t index = copy + 1; index < listing_.entries.size(); ++index) {
      const twopass_op& op = listing_.entries[index].op;
      if (both_hold_it && same(op.in[0], floats) && rules_.reads(op))
        result.able.push_back(index);
      else if (touches(op.in, floats.buffer))
        ++result.others;
      if (touches(op.out, rounded.buffer) || touches(op.out, floats.buffer)) both_hold_it = false;
      if (reads_output(op) && touches(op.out, floats.buffer)) ++result.others;
      if (overwrites(op, floats)) break;
    }
    return result;
  }

  bool is_unread(size_t copy) const {
    const twopass_op& widening = listing_.entries[copy].op;
    const Readers found = readers(copy, widening.out[0], widening.in[0]);
    return found.able.empty() && found.others == 0;
  }

  // If the op before the copy can write what the copy would, and all readers read that, no copy is needed.
  void narrow(size_t copy) {
    const twopass_op rounding = listing_.entries[copy].op;
    twopass_op& writer = listing_.entries[copy - 1].op;
    const Readers found = readers(copy, rounding.in[0], rounding.out[0]);
    if (found.others > 0) return;
    for (size_t output = 0; output < std::size(writer.out); ++output) {
      if (!same(writer.out[output], rounding.in[0]) || !rules_.writes(writer, output)) continue;
      writer.out[output] = rounding.out[0];
      for (const size_t reader : found.able) listing_.entries[reader].op.in[0] = rounding.out[0];
      return erase(copy);
    }
  }

  void erase(size_t entry) {
    listing_.entries.erase(listing_.entries.begin() + static_cast<ptrdiff_t>(entry));
  }

  Listing& listing_;
  const NarrowingRules& rules_;
};

}  // namespace

void narrow_temps(Listing& listing, const NarrowingRules& rules) { Narrowing(listing, rules).run(); }

}  // namespace twopass::listing
