#include "cuda/products.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "cuda/cublas_lt.hpp"
#include "cuda/launch_shape.hpp"
#include "cuda/status.hpp"
#include "twopass/op_table.hpp"

namespace twopass::cuda {

namespace {

constexpr size_t kWorkspaceBytes = size_t{32} << 20;  // what cuBLAS itself takes on Hopper
// Multiplications from which on the plain kernel costs more than starting another one.
constexpr int64_t kLargeProduct = int64_t{1} << 22;

cudaDataType_t data_type(uint32_t type) { return type == TWOPASS_BF16 ? CUDA_R_16BF : CUDA_R_32F; }

// Not this product, or not by this algorithm; anything else, such as want of memory, is a failure that
// another algorithm, or a slow kernel of our own, must not hide.
bool declines(cublasStatus_t status) {
  return status == CUBLAS_STATUS_NOT_SUPPORTED || status == CUBLAS_STATUS_INVALID_VALUE ||
         status == CUBLAS_STATUS_ARCH_MISMATCH;
}

// A kernel that cannot be started, on a GPU that is sound: had it harmed that, waiting for it would have
// said so.
bool fails_alone(cublasStatus_t status) {
  return status == CUBLAS_STATUS_EXECUTION_FAILED || status == CUBLAS_STATUS_INTERNAL_ERROR;
}

uint32_t alignment_at(const void* address) { return alignment_of(reinterpret_cast<uintptr_t>(address)); }

}  // namespace

struct Products::Library {
  explicit Library() : workspace(kWorkspaceBytes) { check(lt.create(&handle), "starting cublasLt"); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() { lt.destroy(handle); }

  CublasLt lt;
  DeviceMemory workspace;  // one for all products: they follow each other on one stream
  cublasLtHandle_t handle = nullptr;
};

// One product as cublasLt sees it. It thinks in columns: our row-major matrix of r rows and c columns is its
// matrix of c rows and r columns with our stride as leading dimension. So it is asked for out^T = op(b)^T
// op(a)^T: b first, then a, each transposed where ours is, and the bias, which runs along our columns, runs
// along its rows, as it must.
class Products::Product {
 public:
  Product(const Library& library, const Gemm& gemm, bool tf32, bool with_bias)
      : library_(library), gemm_(gemm), layouts_{nullptr, nullptr, nullptr} {
    try {
      make_operation(tf32, with_bias);
      layouts_[0] = make_layout(gemm.b.type, gemm.b.columns, gemm.b.rows, gemm.b.stride);
      layouts_[1] = make_layout(gemm.a.type, gemm.a.columns, gemm.a.rows, gemm.a.stride);
      layouts_[2] = make_layout(TWOPASS_F32, gemm.n, gemm.m, gemm.out.stride);
    } catch (...) {
      release();
      throw;
    }
  }
  Product(const Product&) = delete;
  Product& operator=(const Product&) = delete;
  ~Product() { release(); }

  // Best first, at most as many as are worth trying; none when the product is not supported.
  std::vector<cublasLtMatmulAlgo_t> algorithms() const {
    cublasLtMatmulPreference_t preference = nullptr;
    check(library_.lt.preference_create(&preference), "preparing a product");
    std::array<cublasLtMatmulHeuristicResult_t, 4> found{};
    int count = 0;
    const auto set = [&](cublasLtMatmulPreferenceAttributes_t attribute, const auto& value) {
      return library_.lt.preference_set(preference, attribute, &value, sizeof value);
    };
    // Its default is 256 bytes for all, which views need not have.
    const uint32_t a = alignment_at(gemm_.b.data), b = alignment_at(gemm_.a.data),
                   c = alignment_at(gemm_.out.data);
    // Sums split along k are joined in a fixed order, in float32.
    const uint32_t reductions = CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
    const bool ready =
        set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kWorkspaceBytes) == CUBLAS_STATUS_SUCCESS &&
        set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, reductions) == CUBLAS_STATUS_SUCCESS &&
        set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, a) == CUBLAS_STATUS_SUCCESS &&
        set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, b) == CUBLAS_STATUS_SUCCESS &&
        set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, c) == CUBLAS_STATUS_SUCCESS &&
        set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, c) == CUBLAS_STATUS_SUCCESS;
    const cublasStatus_t asked =
        ready ? library_.lt.find_algorithms(library_.handle, operation_, layouts_[0], layouts_[1],
                                            layouts_[2], layouts_[2], preference,
                                            static_cast<int>(found.size()), found.data(), &count)
              : CUBLAS_STATUS_NOT_SUPPORTED;
    library_.lt.preference_destroy(preference);
    if (declines(asked)) return {};
    check(asked, "looking for a product's algorithm");
    std::vector<cublasLtMatmulAlgo_t> result;
    for (int index = 0; index < count; ++index)
      if (found[static_cast<size_t>(index)].state == CUBLAS_STATUS_SUCCESS)
        result.push_back(found[static_cast<size_t>(index)].algo);
    return result;
  }

  // Into `out`, which lies as gemm.out does; it is C and D at once.
  cublasStatus_t run(const cublasLtMatmulAlgo_t& algorithm, float* out, cudaStream_t stream) const {
    return library_.lt.multiply(library_.handle, operation_, &gemm_.alpha, gemm_.b.data, layouts_[0],
                                gemm_.a.data, layouts_[1], &gemm_.beta, out, layouts_[2], out, layouts_[2],
                                &algorithm, library_.workspace.data(), kWorkspaceBytes, stream);
  }

 private:
  void make_operation(bool tf32, bool with_bias) {
    const bool rounds = tf32 && gemm_.a.type == TWOPASS_F32;
    check(library_.lt.operation_create(
              &operation_, rounds ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F, CUDA_R_32F),
          "preparing a product");
    const auto set = [&](cublasLtMatmulDescAttributes_t attribute, const auto& value) {
      check(library_.lt.operation_set(operation_, attribute, &value, sizeof value), "preparing a product");
    };
    const auto operation = [](bool transpose) { return int32_t{transpose ? CUBLAS_OP_T : CUBLAS_OP_N}; };
    set(CUBLASLT_MATMUL_DESC_TRANSA, operation(gemm_.transpose_b));
    set(CUBLASLT_MATMUL_DESC_TRANSB, operation(gemm_.transpose_a));
    if (!with_bias) return;
    set(CUBLASLT_MATMUL_DESC_EPILOGUE, uint32_t{CUBLASLT_EPILOGUE_BIAS});
    const void* bias = gemm_.bias.data;
    set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
    set(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, int32_t{CUDA_R_32F});
  }

  cublasLtMatrixLayout_t make_layout(uint32_t type, int64_t rows, int64_t columns, int64_t leading) const {
    cublasLtMatrixLayout_t layout = nullptr;
    check(library_.lt.layout_create(&layout, data_type(type), static_cast<uint64_t>(rows),
                                    static_cast<uint64_t>(columns), leading),
          "preparing a product");
    return layout;
  }

  void release() {
    for (const cublasLtMatrixLayout_t layout : layouts_)
      if (layout != nullptr) library_.lt.layout_destroy(layout);
    if (operation_ != nullptr) library_.lt.operation_destroy(operation_);
  }

  const Library& library_;
  Gemm gemm_;
  cublasLtMatmulDesc_t operation_ = nullptr;
  std::array<cublasLtMatrixLayout_t, 3> layouts_;
};

Products::Products(Gpu& gpu, bool tf32, bool plain)
    : gpu_(gpu), tf32_(tf32), library_(plain ? nullptr : std::make_unique<Library>()) {}

Products::~Products() = default;

std::optional<Step> Products::prepare(const Gemm& gemm) {
  if (library_ == nullptr) return std::nullopt;
  // cublasLt's ReLU makes 0 of NaN, which ours must pass on, and its masks are bits where ours are floats. So
  // those are left to a kernel of our own, which then adds the bias too; as it does where cublasLt does not
  // take the bias.
  const bool may_take_bias = gemm.bias.data != nullptr && !gemm.relu && gemm.mask.data == nullptr &&
                             alignment_at(gemm.bias.data) >= 16;
  if (may_take_bias)
    if (std::optional<Step> step = prepare(gemm, true)) return step;
  if (std::optional<Step> step = prepare(gemm, false)) return step;
  if (gemm.m * gemm.n * gemm.k >= kLargeProduct)
    declined_.push_back(std::to_string(gemm.m) + "x" + std::to_string(gemm.n) + "x" + std::to_string(gemm.k));
  return std::nullopt;
}

std::optional<Step> Products::prepare(const Gemm& gemm, bool with_bias) {
  const bool kernel_follows =
      gemm.relu || gemm.mask.data != nullptr || (gemm.bias.data != nullptr && !with_bias);
  const auto product = std::make_shared<const Product>(*library_, gemm, tf32_, with_bias);

  // The scratch memory is aligned as `out` is, and no better.
  const size_t offset = reinterpret_cast<uintptr_t>(gemm.out.data) % 256;
  const auto elements = static_cast<size_t>((gemm.m - 1) * gemm.out.stride + gemm.n);
  for (const cublasLtMatmulAlgo_t& algorithm : product->algorithms()) {
    const DeviceMemory scratch(offset + elements * sizeof(float));
    check(cudaMemsetAsync(scratch.data(), 0, scratch.bytes(), gpu_.stream()), "clearing scratch memory");
    const cublasStatus_t status =
        product->run(algorithm, reinterpret_cast<float*>(scratch.data() + offset), gpu_.stream());
    gpu_.synchronize();
    if (declines(status) || fails_alone(status)) continue;
    check(status, "trying a product");
    return [=](cudaStream_t stream) {
      check(product->run(algorithm, gemm.out.data, stream), "a product");
      if (kernel_follows) epilogue(gemm.out, gemm.bias, gemm.relu, gemm.mask, stream);
    };
  }
  return std::nullopt;
}

}  // namespace twopass::cuda
