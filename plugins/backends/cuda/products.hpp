#pragma once

#include <cuda_runtime_api.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cuda/gpu.hpp"
#include "cuda/kernels.hpp"

namespace twopass::cuda {

// Starts one op's kernels on a stream.
using Step = std::function<void(cudaStream_t)>;

// Products by cublasLt, which is opened only here: a machine without a GPU needs no CUDA libraries.
class Products {
 public:
  // `tf32`: factors in float32 may be rounded to 10 bits. `plain`: the library is left alone and takes no
  // product. Throws Error (TWOPASS_UNAVAILABLE) when it is missing.
  Products(Gpu& gpu, bool tf32, bool plain);
  ~Products();
  Products(const Products&) = delete;
  Products& operator=(const Products&) = delete;

  // Chooses an algorithm and tries it once on scratch memory, so that nothing is left to choose or to load
  // later. Empty when cublasLt does not take this product.
  std::optional<Step> prepare(const Gemm& gemm);

  // What cublasLt declined since this was last asked, large enough to slow a run down: "MxNxK".
  std::vector<std::string> take_declined() { return std::exchange(declined_, {}); }

 private:
  struct Library;
  class Product;

  std::optional<Step> prepare(const Gemm& gemm, bool with_bias);

  Gpu& gpu_;
  bool tf32_;
  std::unique_ptr<Library> library_;  // absent where all products are plain
  std::vector<std::string> declined_;
};

}  // namespace twopass::cuda
