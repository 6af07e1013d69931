// Without cublasLt: every product is the plain one.

#include "cuda/products.hpp"

namespace twopass::cuda {

struct Products::Library {};

Products::Products(Gpu& gpu, bool tf32) : gpu_(gpu), tf32_(tf32) {}
Products::~Products() = default;

std::optional<Step> Products::prepare(const Gemm&) { return std::nullopt; }

}  // namespace twopass::cuda
