#include "listing/rounding.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace twopass::listing {

namespace {

constexpr ptrdiff_t kBeforeAll = -1;

class Rounding {
 public:
  Rounding(Listing& listing, const RoundingRules& rules)
      : listing_(listing), rules_(rules), last_writer_(listing.buffers.size(), kBeforeAll) {}

  void run() {
    const auto count = static_cast<ptrdiff_t>(listing_.entries.size());
    ptrdiff_t update_end = 0;  // updates take all factors rounded, however small
    for (ptrdiff_t index = 0; index < count; ++index) {
      Listing::Entry& entry = listing_.entries[static_cast<size_t>(index)];
      if (entry.update > 0) update_end = index + static_cast<ptrdiff_t>(entry.update);
      if (entry.op.code == TWOPASS_OP_GEMM) take_factors(entry.op, index < update_end);
      note_outputs(entry.op, index);
    }
    insert_copies();
  }

 private:
  struct Key {
    int32_t buffer;
    int64_t first, rows, columns, stride;
    ptrdiff_t writer;
    auto operator<=>(const Key&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 sees a 0
  };

  void take_factors(twopass_op& gemm, bool in_update) {
    const bool takes_widened = in_update || (rules_.takes_widened && rules_.takes_widened(gemm));
    const auto widened = [&](const twopass_view& view) {
      return takes_widened ? widened_from(view) : std::nullopt;
    };
    if (!in_update && !rules_.rounds(gemm)) {
      gemm.in[0] = widened(gemm.in[0]).value_or(gemm.in[0]);
      return;
    }
    for (twopass_view* factor : {&gemm.in[0], &gemm.in[1]}) {
      const std::optional<twopass_view> source = widened(*factor);
      *factor = source ? *source : rounded(*factor);
    }
  }

  void note_outputs(const twopass_op& op, ptrdiff_t index) {
    for (const twopass_view& view : op.out) {
      if (view.buffer < 0) continue;
      last_writer_[static_cast<size_t>(view.buffer)] = index;
      // The optimiser writes the working copy itself.
      if (op.code != TWOPASS_OP_OPTIMIZER) refresh_working_copy(view, index);
    }
  }

  void refresh_working_copy(const twopass_view& view, ptrdiff_t index) {
    const twopass_buffer& buffer = listing_.buffers[static_cast<size_t>(view.buffer)];
    if (buffer.role == TWOPASS_PARAM && buffer.type == TWOPASS_F32)
      copies_.emplace(index, rounding(view, working_copy(view)));
  }

  twopass_view rounded(const twopass_view& view) {
    const twopass_buffer& buffer = listing_.buffers[static_cast<size_t>(view.buffer)];
    if (buffer.role == TWOPASS_PARAM) return working_copy(view);
    const ptrdiff_t writer = last_writer_[static_cast<size_t>(view.buffer)];
    const auto [place, added] = known_.try_emplace(
        Key{view.buffer, view.first, view.rows, view.columns, view.stride, writer}, twopass_view{});
    if (added) {
      place->second = new_buffer(view.rows, view.columns, nullptr);
      copies_.emplace(writer, rounding(view, place->second));
    }
    return place->second;
  }

  // Where the writer of `view` does nothing but widen bfloat16: the same rectangle of what it widens.
  std::optional<twopass_view> widened_from(const twopass_view& view) const {
    const ptrdiff_t writer = last_writer_[static_cast<size_t>(view.buffer)];
    if (writer == kBeforeAll) return std::nullopt;
    const twopass_op& op = listing_.entries[static_cast<size_t>(writer)].op;
    const twopass_view &from = op.in[0], &to = op.out[0];
    if (!is_plain_copy(op) || listing_.buffers[static_cast<size_t>(from.buffer)].type != TWOPASS_BF16 ||
        last_writer_[static_cast<size_t>(from.buffer)] > writer || view.first < to.first ||
        view.stride != to.stride)
      return std::nullopt;
    const int64_t row = (view.first - to.first) / to.stride, column = (view.first - to.first) % to.stride;
    if (row + view.rows > std::min(to.rows, from.rows) || column + view.columns > to.columns)
      return std::nullopt;
    twopass_view source = view;
    source.buffer = from.buffer;
    source.first = from.first + row * from.stride + column;
    source.stride = from.stride;
    return source;
  }

  // The same rectangle of the param's working copy.
  twopass_view working_copy(const twopass_view& view) {
    const twopass_buffer buffer = listing_.buffers[static_cast<size_t>(view.buffer)];
    const auto [place, added] = working_copies_.try_emplace(view.buffer, -1);
    if (added) place->second = new_buffer(buffer.rows, buffer.columns, rules_.working_copy(buffer)).buffer;
    twopass_view copy = view;
    copy.buffer = place->second;
    return copy;
  }

  twopass_view new_buffer(int64_t rows, int64_t columns, Backend::Storage* storage) {
    const auto index = static_cast<int32_t>(listing_.buffers.size());
    listing_.buffers.push_back({sizeof(twopass_buffer), TWOPASS_BF16,
                                static_cast<uint32_t>(storage == nullptr ? TWOPASS_TEMP : TWOPASS_PARAM), 0,
                                rows, columns, storage, "rounded"});
    return {index, 0, 0, rows, columns, columns};
  }

  static twopass_op rounding(const twopass_view& from, const twopass_view& to) {
    twopass_op op{};
    op.struct_size = sizeof op;
    op.code = TWOPASS_OP_COPY;
    for (int32_t& slot : op.slot) slot = -1;
    for (twopass_view& view : op.in) view.buffer = -1;
    for (twopass_view& view : op.out) view.buffer = -1;
    op.in[0] = from;
    op.out[0] = to;
    op.scalar[0] = 1;
    return op;
  }

  void insert_copies() {
    std::vector<Listing::Entry> entries;
    const auto add_copies = [&](ptrdiff_t writer) {
      const auto [first, end] = copies_.equal_range(writer);
      for (auto copy = first; copy != end; ++copy) entries.push_back({copy->second});
    };
    add_copies(kBeforeAll);
    for (size_t index = 0; index < listing_.entries.size(); ++index) {
      entries.push_back(listing_.entries[index]);
      add_copies(static_cast<ptrdiff_t>(index));
    }
    listing_.entries = std::move(entries);
  }

  Listing& listing_;
  const RoundingRules& rules_;
  std::vector<ptrdiff_t> last_writer_;  // of each buffer of the program, or kBeforeAll
  std::map<Key, twopass_view> known_;
  std::map<int32_t, int32_t> working_copies_;
  std::multimap<ptrdiff_t, twopass_op> copies_;  // by the op that they follow
};

}  // namespace

void round_factors(Listing& listing, const RoundingRules& rules) { Rounding(listing, rules).run(); }

}  // namespace twopass::listing
