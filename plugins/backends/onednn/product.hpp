#pragma once

#include <dnnl.hpp>

#include "cpu/gemm.hpp"

namespace twopass::onednn {

enum class Precision { kFloat32, kBfloat16 };

// One product as oneDNN primitives, created and bound to its operands once. With kBfloat16 both factors are
// rounded to bfloat16 before they are multiplied; sums, bias and result are float32.
class Product {
 public:
  Product(const cpu::Gemm& gemm, Precision precision, const dnnl::engine& engine);
  void run(dnnl::stream& stream) const;

 private:
  // A factor as the product reads it, and how it gets there.
  struct Factor {
    dnnl::memory source, rounded;  // the same without rounding
    dnnl::reorder rounding;
  };
  static Factor make_factor(const dnnl::memory& source, Precision precision, const dnnl::engine& engine);

  Factor a_, b_;
  dnnl::memory out_, bias_;
  dnnl::matmul product_;
};

}  // namespace twopass::onednn
