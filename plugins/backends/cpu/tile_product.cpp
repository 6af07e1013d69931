#include "cpu/tile_product.hpp"

#include <algorithm>

#include "cpu/amx_kernels.hpp"
#include "cpu/gemm.hpp"
#include "cpu/parallel.hpp"
#include "cpu/tile_kernels.hpp"

namespace twopass::cpu {

namespace {

using kernels::kAmxBlock;
using kernels::kAmxSums;
using kernels::panels;

constexpr int64_t kBlockWords = 256;     // of a panel of w at a time: 32 KiB
constexpr int64_t kPartBytes = 1 << 20;  // of packed x at a time: half of an L2
constexpr int64_t kTile = kAmxSums * kAmxSums;

}  // namespace

bool TileProduct::can_do(const ResolvedOp& gemm) {
  const Gemm product(gemm);
  return gemm.in_type[0] == TWOPASS_BF16 && gemm.in_type[1] == TWOPASS_BF16 && !product.transpose_a &&
         product.transpose_b && product.alpha == 1 && product.beta == 0 && !product.mask &&
         product.n >= kAmxSums && kernels::has_amx();
}

TileProduct::TileProduct(const ResolvedOp& gemm, int threads)
    : x_(gemm.in<Bfloat16>(0)),
      w_(gemm.in<Bfloat16>(1)),
      out_(gemm.out(0)),
      bias_(Gemm(gemm).bias),
      relu_(Gemm(gemm).relu),
      threads_(threads),
      words_(kernels::words_per_column(kernels::Tiles::kAmx, x_.columns)),
      x_panels_(panels(x_.rows, kAmxSums)) {
  const int64_t most = std::max<int64_t>(1, kPartBytes / (words_ * kAmxSums * 4));
  part_panels_ = panels(x_panels_, panels(x_panels_, most));  // parts of nearly one size
}

int64_t TileProduct::scratch_size() const {
  return x_panels_ * kAmxSums * words_ + threads_ * part_panels_ * kTile;
}

// Panels [first, end) of x with room for sums of each.
struct TileProduct::Part {
  int64_t first, end;
  const float* x;
  float* sums;
};

void TileProduct::run(float* scratch) const {
  const int64_t panel_size = kAmxSums * words_;
  parallel_parts(threads_, x_panels_, x_.rows * x_.columns, [&](int64_t first, int64_t end) {
    for (int64_t panel = first; panel < end; ++panel)
      kernels::amx_pack_columns(x_, panel * kAmxSums, scratch + panel * panel_size);
  });
  const int64_t w_panels = panels(w_.rows, kAmxSums);
  const int64_t tasks = w_panels * panels(x_panels_, part_panels_);
  parallel_parts(threads_, threads_, w_.rows * w_.columns, [&](int64_t first_thread, int64_t end_thread) {
    const kernels::AmxScope scope;
    for (int64_t thread = first_thread; thread < end_thread; ++thread) {
      float* sums = scratch + x_panels_ * panel_size + thread * part_panels_ * kTile;
      for (int64_t task = tasks * thread / threads_; task < tasks * (thread + 1) / threads_; ++task) {
        const int64_t first = task / w_panels * part_panels_;
        multiply(task % w_panels,
                 {first, std::min(first + part_panels_, x_panels_), scratch + first * panel_size, sums});
      }
    }
  });
}

void TileProduct::multiply(int64_t panel, const Part& part) const {
  // The last panel begins earlier where rows of w do not fill it.
  const int64_t row = std::min(panel * kAmxSums, w_.rows - kAmxSums);
  const int64_t whole = w_.columns / (2 * kAmxBlock) * kAmxBlock;  // words in whole blocks
  alignas(64) Bfloat16 rest[kAmxSums][2 * kAmxBlock] = {};         // the last block, filled up with zeros
  if (whole < words_)
    for (int64_t index = 0; index < kAmxSums; ++index)
      std::copy(w_.at(row + index, 2 * whole), w_.row(row + index) + w_.columns, rest[index]);

  const auto multiply_words = [&](const kernels::AmxRows& rows, int64_t first, int64_t count) {
    for (int64_t x_panel = 0; x_panel < part.end - part.first; ++x_panel)
      kernels::amx_multiply(rows, part.x + (x_panel * words_ + first) * kAmxSums, count, first > 0,
                            kernels::AmxStream::kColumns, part.sums + x_panel * kTile, kAmxSums);
  };
  for (int64_t word = 0; word < whole; word += kBlockWords)
    multiply_words({w_.at(row, 2 * word), w_.stride * 2, kAmxBlock * 4}, word,
                   std::min(kBlockWords, whole - word));
  if (whole < words_)
    multiply_words({rest, kernels::kAmxPackedLine, kernels::kAmxPackedStep}, whole, kAmxBlock);

  for (int64_t x_panel = part.first; x_panel < part.end; ++x_panel) {
    const int64_t x_row = x_panel * kAmxSums;
    const Matrix<float> out{out_.at(x_row, row), std::min(kAmxSums, x_.rows - x_row), kAmxSums, out_.stride};
    kernels::amx_store_transposed(part.sums + (x_panel - part.first) * kTile, out, panel * kAmxSums - row,
                                  bias_ == nullptr ? nullptr : bias_ + row, relu_);
  }
}

}  // namespace twopass::cpu
