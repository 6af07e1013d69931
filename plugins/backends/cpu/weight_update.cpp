#include "cpu/weight_update.hpp"

#include <algorithm>
#include <optional>

#include "cpu/amx_kernels.hpp"
#include "cpu/parallel.hpp"

namespace twopass::cpu {

namespace {

using kernels::kTileColumns;
using kernels::panels;

constexpr int64_t kWords = 512;  // of a panel at a time; a half or twice as many took as long

// Panels of rows of the weights that are summed before the optimiser takes them. It gets whole rows, because
// memory delivers fastest what follows without a gap; several panels of them, so that each panel of b that
// the L3 delivers serves more than one.
constexpr int64_t kRowPanels = 4;

}  // namespace

WeightUpdate::WeightUpdate(std::span<const ResolvedOp> ops, kernels::Tiles tiles, int threads)
    : tiles_(tiles),
      tile_rows_(kernels::tile_rows(tiles)),
      rows_(kRowPanels * tile_rows_),
      threads_(threads),
      optimizer_(ops.back()) {
  for (const ResolvedOp& op : ops.first(ops.size() - 1)) {
    const twopass_view &a = op.op.in[0], &b = op.op.in[1];
    Term term{op, kernels::words_per_column(tiles, a.rows), scratch_size_, 0};
    scratch_size_ += panels(a.columns, tile_rows_) * tile_rows_ * term.words;
    scratch_size_ = panels(scratch_size_, 16) * 16;  // tiles of b are loaded by the cache line
    term.b_place = scratch_size_;
    scratch_size_ += panels(b.columns, kTileColumns) * kTileColumns * term.words;
    terms_.push_back(term);
  }
  sums_place_ = panels(scratch_size_, 16) * 16;
  sums_stride_ = panels(optimizer_.weight.columns, kTileColumns) * kTileColumns;
  if (sums_stride_ % 1024 == 0)
    sums_stride_ += kTileColumns;  // rows that many apart share few lines of a cache
  scratch_size_ = sums_place_ + threads_ * rows_ * sums_stride_;
}

void WeightUpdate::run(const double* slots, float* scratch) const {
  pack(scratch);
  const Matrix<float>& weight = optimizer_.weight;
  // Blocks of rows one after the other, panel by panel: each thread takes as many panels.
  const int64_t column_panels = panels(weight.columns, kTileColumns);
  const int64_t all = panels(weight.rows, rows_) * column_panels;
  optimizer_.with_settings(slots, [&](const auto& settings) {
    const auto update_share = [&](int64_t thread) {
      std::optional<kernels::AmxScope> scope;
      if (tiles_ == kernels::Tiles::kAmx) scope.emplace();
      float* sums = scratch + sums_place_ + thread * rows_ * sums_stride_;
      const int64_t end = all * (thread + 1) / threads_;
      for (int64_t place = all * thread / threads_, next = 0; place < end; place = next) {
        const int64_t row = place / column_panels * rows_, first = place % column_panels;
        next = std::min(place - first + column_panels, end);
        const int64_t column = first * kTileColumns, end_panel = first + next - place;
        sum(scratch, row, first, end_panel, sums);
        kernels::update(settings, sums + column, sums_stride_, optimizer_.at(row, column), weight.stride,
                        std::min(rows_, weight.rows - row),
                        std::min(end_panel * kTileColumns, weight.columns) - column);
      }
    };
    parallel_parts(threads_, threads_, weight.rows * weight.columns, [&](int64_t first, int64_t end) {
      for (int64_t thread = first; thread < end; ++thread) update_share(thread);
    });
  });
}

void WeightUpdate::pack(float* scratch) const {
  for (const Term& term : terms_)
    if (tiles_ == kernels::Tiles::kFloat32)
      pack<float>(term, scratch);
    else
      pack<Bfloat16>(term, scratch);
}

template <class T>
void WeightUpdate::pack(const Term& term, float* scratch) const {
  const auto in_parts = [&](const Matrix<const T>& factor, const auto& pack_words) {
    parallel_parts(threads_, panels(term.words, kernels::kWordBlock), factor.rows * factor.columns,
                   [&](int64_t first, int64_t end) {
                     pack_words(first * kernels::kWordBlock, std::min(end * kernels::kWordBlock, term.words));
                   });
  };
  const Matrix<const T> a = term.product.in<T>(0), b = term.product.in<T>(1);
  in_parts(
      a, [&](int64_t first, int64_t end) { kernels::pack_a(tiles_, a, first, end, scratch + term.a_place); });
  in_parts(
      b, [&](int64_t first, int64_t end) { kernels::pack_b(tiles_, b, first, end, scratch + term.b_place); });
}

void WeightUpdate::sum(const float* scratch, int64_t row, int64_t first, int64_t end, float* sums) const {
  const int64_t end_row = std::min(row + rows_, optimizer_.weight.rows);
  for (const Term& term : terms_) {
    const int64_t end_panel = std::min(end, panels(term.product.op.in[1].columns, kTileColumns));
    const bool is_first = &term == terms_.data();
    for (int64_t word = 0; word < term.words; word += kWords)
      for (int64_t panel = first; panel < end_panel; ++panel) {
        const float* b = scratch + term.b_place + (panel * term.words + word) * kTileColumns;
        for (int64_t tile_row = row; tile_row < end_row; tile_row += tile_rows_)
          kernels::multiply_tile(tiles_, scratch + term.a_place + tile_row * term.words + word * tile_rows_,
                                 b, std::min(kWords, term.words - word), !is_first || word > 0,
                                 sums + (tile_row - row) * sums_stride_ + panel * kTileColumns, sums_stride_);
      }
  }
}

}  // namespace twopass::cpu
