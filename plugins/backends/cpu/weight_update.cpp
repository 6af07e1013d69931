#include "cpu/weight_update.hpp"

#include <algorithm>

#include "cpu/parallel.hpp"

namespace twopass::cpu {

namespace {

using kernels::kTileColumns;
using kernels::kTileRows;

// Columns whose gradient is summed before the optimiser takes them: long runs, because the memory delivers
// short ones at half the speed, but few enough that sums and what was fetched for them stay in the L2.
constexpr int64_t kRun = 1024;
constexpr int64_t kWords = 512;  // of a panel at a time: two such parts fit into the L1

constexpr int64_t panels(int64_t columns, int64_t width) { return (columns + width - 1) / width; }

}  // namespace

WeightUpdate::WeightUpdate(std::span<const ResolvedOp> ops, kernels::Factors factors, int threads)
    : factors_(factors), threads_(threads), optimizer_(ops.back()) {
  for (const ResolvedOp& op : ops.first(ops.size() - 1)) {
    Term term{op.in(0), op.in(1), 0, 0, 0};
    term.words = kernels::words_per_column(factors, term.a.rows);
    term.a_place = scratch_size_;
    scratch_size_ += panels(term.a.columns, kTileRows) * kTileRows * term.words;
    scratch_size_ = panels(scratch_size_, 16) * 16;  // tiles of b are loaded by the cache line
    term.b_place = scratch_size_;
    scratch_size_ += panels(term.b.columns, kTileColumns) * kTileColumns * term.words;
    terms_.push_back(term);
  }
}

void WeightUpdate::run(const double* slots, float* scratch) const {
  pack(scratch);
  const Matrix<float>& weight = optimizer_.weight;
  optimizer_.with_settings(slots, [&](const auto& settings) {
    const auto update_panel = [&](int64_t row_panel) {
      alignas(64) float sums[kTileRows * kRun];
      const int64_t row = row_panel * kTileRows;
      for (int64_t first = 0; first < weight.columns; first += kRun) {
        const int64_t end = std::min(first + kRun, weight.columns);
        sum(scratch, row_panel, first, end, sums);
        kernels::update(settings, sums, kRun, optimizer_.at(row, first), weight.stride,
                        std::min(kTileRows, weight.rows - row), end - first);
      }
    };
    parallel_parts(threads_, panels(weight.rows, kTileRows), weight.rows * weight.columns,
                   [&](int64_t first, int64_t end) {
                     for (int64_t row_panel = first; row_panel < end; ++row_panel) update_panel(row_panel);
                   });
  });
}

void WeightUpdate::pack(float* scratch) const {
  for (const Term& term : terms_) {
    const auto pack_factor = [&](const Matrix<const float>& factor, int64_t width, float* out) {
      parallel_parts(threads_, panels(factor.columns, width), factor.rows * factor.columns,
                     [&](int64_t first, int64_t end) {
                       for (int64_t panel = first; panel < end; ++panel)
                         kernels::pack_panel(factors_, factor, width, panel,
                                             out + panel * width * term.words);
                     });
    };
    pack_factor(term.a, kTileRows, scratch + term.a_place);
    pack_factor(term.b, kTileColumns, scratch + term.b_place);
  }
}

void WeightUpdate::sum(const float* scratch, int64_t row_panel, int64_t first, int64_t end,
                       float* sums) const {
  const int64_t first_panel = first / kTileColumns;
  for (const Term& term : terms_) {
    const int64_t end_panel = panels(std::min(end, term.b.columns), kTileColumns);
    const bool is_first = &term == terms_.data();
    for (int64_t word = 0; word < term.words; word += kWords)
      for (int64_t panel = first_panel; panel < end_panel; ++panel) {
        if (is_first && word == 0)
          prefetch(row_panel, first, end, panel - first_panel, end_panel - first_panel);
        const float* a = scratch + term.a_place + (row_panel * term.words + word) * kTileRows;
        const float* b = scratch + term.b_place + (panel * term.words + word) * kTileColumns;
        kernels::multiply_tile(factors_, a, b, std::min(kWords, term.words - word), !is_first || word > 0,
                               sums + (panel - first_panel) * kTileColumns, kRun);
      }
  }
}

// While the products leave the memory idle; row by row, because the memory is fastest so.
void WeightUpdate::prefetch(int64_t row_panel, int64_t first, int64_t end, int64_t part,
                            int64_t parts) const {
  constexpr int64_t kLine = 16;  // floats
  const int64_t first_row = row_panel * kTileRows,
                rows = std::min(kTileRows, optimizer_.weight.rows - first_row),
                lines = panels(end - first, kLine);
  for (int64_t line = rows * lines * part / parts; line < rows * lines * (part + 1) / parts; ++line) {
    const kernels::Parameters at = optimizer_.at(first_row + line / lines, first + line % lines * kLine);
    __builtin_prefetch(at.weight, 0, 2);
    __builtin_prefetch(at.first, 0, 2);
    if (at.second != nullptr) __builtin_prefetch(at.second, 0, 2);
  }
}

}  // namespace twopass::cpu
