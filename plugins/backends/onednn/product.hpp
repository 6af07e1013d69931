#pragma once

#include <dnnl.hpp>
#include <vector>

#include "cpu/gemm.hpp"

namespace twopass::onednn {

// One product as a oneDNN primitive, created and bound to its operands once. Both factors are floats or both
// are bfloat16; sums, bias and result are float32.
class Product {
 public:
  // Without the epilogue, bias and activation are left to the caller.
  Product(const cpu::ResolvedOp& op, bool with_epilogue, const dnnl::engine& engine);
  void run(const dnnl::stream& stream) const;

 private:
  dnnl::primitive primitive_;
  std::vector<dnnl::memory> kept_;          // what the arguments refer to
  std::vector<dnnl_exec_arg_t> arguments_;  // as the C interface takes them: the C++ one would allocate
};

}  // namespace twopass::onednn
