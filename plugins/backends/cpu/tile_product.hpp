#pragma once

#include "cpu/bfloat16.hpp"
#include "cpu/steps.hpp"

namespace twopass::cpu {

// out = activation(x w^T + bias) by AMX: a layer's forward product, of bfloat16 factors. What it does for
// speed: x is packed once and taken in parts that stay in the L2; of w, as it lies in memory, so many rows
// and terms at a time as stay in the L1.
class TileProduct {
 public:
  // Whether the gemm is such a product, and AMX there.
  static bool can_do(const ResolvedOp& gemm);
  TileProduct(const ResolvedOp& gemm, int threads);

  // Floats of `scratch`, which steps of one program may share.
  int64_t scratch_size() const;
  void run(float* scratch) const;

 private:
  struct Part;
  void multiply(int64_t panel, const Part& part) const;

  Matrix<const Bfloat16> x_, w_;
  Matrix<float> out_;
  const float* bias_;
  bool relu_;
  int threads_;
  int64_t words_, x_panels_, part_panels_;  // words of a row, 32 rows to a panel, panels to a part
};

}  // namespace twopass::cpu
