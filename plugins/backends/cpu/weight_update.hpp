#pragma once

#include <memory>
#include <span>
#include <vector>

#include "cpu/memory.hpp"
#include "cpu/optimizer_step.hpp"
#include "cpu/steps.hpp"
#include "cpu/tile_kernels.hpp"

namespace twopass::cpu {

// A weight gradient and the optimiser's step on it in one go (see mark_updates): each tile of the gradient
// goes from the registers where it was summed to the weights it changes. So the gradient's way to memory and
// back is saved, and the weights' own way is hidden behind the products.
class WeightUpdate {
 public:
  // The ops of the update, the optimizer last.
  WeightUpdate(std::span<const ResolvedOp> ops, kernels::Tiles tiles, int threads);

  // Floats of `scratch`, which updates of one program may share.
  int64_t scratch_size() const { return scratch_size_; }
  void run(const double* slots, float* scratch) const;

 private:
  // One product that adds to the gradient, with the places of its packed factors in the scratch.
  struct Term {
    ResolvedOp product;
    int64_t words, a_place, b_place;
  };

  void pack(float* scratch) const;
  template <class T>
  void pack(const Term& term, float* scratch) const;
  // Sums the gradient of the block of rows that begins at `row`, in the panels [first, end) of columns.
  void sum(const float* scratch, int64_t row, int64_t first, int64_t end, float* sums) const;

  kernels::Tiles tiles_;
  int64_t tile_rows_, rows_;
  int threads_;
  OptimizerStep optimizer_;
  std::vector<Term> terms_;
  int64_t scratch_size_ = 0, sums_place_ = 0, sums_stride_ = 0;  // sums: a block for each thread
};

}  // namespace twopass::cpu
