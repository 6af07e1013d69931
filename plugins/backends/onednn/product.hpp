#pragma once

#include <dnnl.hpp>
#include <vector>

#include "cpu/gemm.hpp"

namespace twopass::onednn {

enum class Precision { kFloat32, kBfloat16 };

// One product as oneDNN primitives, created and bound to its operands once. With kBfloat16 both factors are
// rounded to bfloat16 before they are multiplied; sums, bias and result are float32.
class Product {
 public:
  Product(const cpu::Gemm& gemm, Precision precision, const dnnl::engine& engine);
  void run(const dnnl::stream& stream) const;

 private:
  // A primitive with its arguments, as the C interface takes them: the C++ one would allocate at every run.
  struct Call {
    dnnl::primitive primitive;
    std::vector<dnnl_exec_arg_t> arguments;
  };

  // `factor` as the product reads it.
  dnnl::memory rounded(const dnnl::memory& factor, Precision precision, const dnnl::engine& engine);
  void add_call(const dnnl::primitive& primitive,
                std::initializer_list<std::pair<int, dnnl::memory>> arguments);

  std::vector<dnnl::memory> kept_;  // what the calls refer to
  std::vector<Call> calls_;
};

}  // namespace twopass::onednn
