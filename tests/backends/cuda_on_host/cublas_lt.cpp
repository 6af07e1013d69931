// Products as cublasLt's documentation defines them, in its columns: loops, strict about what the real one
// leaves to the caller. It takes no product whose matrices are not aligned to 16 bytes, and no bias of an odd
// number of columns, so that what stands in for it is tried as well; its first two proposals always fail. Of
// kNoMemoryFor inner columns it finds no memory for its kernel.

#include "cuda/cublas_lt.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <string>

#include "cuda/kernel_launch.cuh"

// NOLINTBEGIN: the names are CUDA's

struct cublasLtMatmulDesc {
  int32_t transpose_a = CUBLAS_OP_N, transpose_b = CUBLAS_OP_N;
  uint32_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  const float* bias = nullptr;
  int32_t bias_type = -1;
};
struct cublasLtMatrixLayout {
  cudaDataType_t type;
  int64_t rows, columns, leading;

  float read(const void* data, int64_t row, int64_t column) const {
    const int64_t index = row + column * leading;
    if (type == CUDA_R_32F) return static_cast<const float*>(data)[index];
    return std::bit_cast<float>(static_cast<uint32_t>(static_cast<const uint16_t*>(data)[index]) << 16);
  }
};
struct cublasLtMatmulPreference {
  uint64_t workspace = 0;
  uint32_t reductions = 7, a = 256, b = 256, c = 256, d = 256;
};

namespace {

void require(bool condition, const char* what) {
  if (!condition) throw std::logic_error(std::string("cublasLt is called with ") + what);
}

void assign(void* target, size_t size, const void* value, size_t bytes) {
  require(bytes == size, "an attribute of a wrong size");
  std::memcpy(target, value, bytes);
}

bool is_aligned(const void* address, uint64_t bytes) {
  return reinterpret_cast<uintptr_t>(address) % bytes == 0;
}

constexpr int64_t kNoMemoryFor = 1021;

struct Sizes {
  int64_t m, n, k;
};

Sizes sizes_of(const cublasLtMatmulDesc& operation, const cublasLtMatrixLayout& a,
               const cublasLtMatrixLayout& b, const cublasLtMatrixLayout& d) {
  const bool transpose_a = operation.transpose_a == CUBLAS_OP_T,
             transpose_b = operation.transpose_b == CUBLAS_OP_T;
  const Sizes sizes{d.rows, d.columns, transpose_a ? a.rows : a.columns};
  require((transpose_a ? a.columns : a.rows) == sizes.m && (transpose_b ? b.rows : b.columns) == sizes.n &&
              (transpose_b ? b.columns : b.rows) == sizes.k,
          "matrices that do not fit each other");
  require(a.type == b.type && d.type == CUDA_R_32F, "types that do not fit each other");
  const bool with_bias = operation.epilogue == CUBLASLT_EPILOGUE_BIAS;
  require(!with_bias || (operation.bias != nullptr && operation.bias_type == CUDA_R_32F), "no bias");
  require(!with_bias || is_aligned(operation.bias, 16), "a bias that its kernels may not load");
  return sizes;
}

}  // namespace

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  *handle = nullptr;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t) { return CUBLAS_STATUS_SUCCESS; }

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* operation, cublasComputeType_t,
                                        cudaDataType_t scale) {
  require(scale == CUDA_R_32F, "scales that are not float32");
  *operation = new cublasLtMatmulDesc;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t operation) {
  delete operation;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t operation,
                                              cublasLtMatmulDescAttributes_t attribute, const void* value,
                                              size_t bytes) {
  const auto set = [&](auto& target) { assign(&target, sizeof target, value, bytes); };
  switch (attribute) {
    case CUBLASLT_MATMUL_DESC_TRANSA:
      set(operation->transpose_a);
      break;
    case CUBLASLT_MATMUL_DESC_TRANSB:
      set(operation->transpose_b);
      break;
    case CUBLASLT_MATMUL_DESC_EPILOGUE:
      set(operation->epilogue);
      break;
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
      set(operation->bias);
      break;
    case CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE:
      set(operation->bias_type);
      break;
  }
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, cudaDataType_t type, uint64_t rows,
                                          uint64_t columns, int64_t leading) {
  require(leading >= static_cast<int64_t>(rows), "columns that overlap");
  *layout =
      new cublasLtMatrixLayout{type, static_cast<int64_t>(rows), static_cast<int64_t>(columns), leading};
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  delete layout;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
  *preference = new cublasLtMatmulPreference;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  delete preference;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute,
                                                    const void* value, size_t bytes) {
  const auto set = [&](auto& target) { assign(&target, sizeof target, value, bytes); };
  switch (attribute) {
    case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES:
      set(preference->workspace);
      break;
    case CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK:
      set(preference->reductions);
      break;
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES:
      set(preference->a);
      break;
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES:
      set(preference->b);
      break;
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES:
      set(preference->c);
      break;
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES:
      set(preference->d);
      break;
  }
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t operation,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int most,
                                              cublasLtMatmulHeuristicResult_t* found, int* count) {
  sizes_of(*operation, *a, *b, *c);
  sizes_of(*operation, *a, *b, *d);
  require(preference->reductions == CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE && preference->workspace > 0,
          "sums in any order, or without a workspace");
  *count = 0;
  const bool odd_bias = operation->epilogue == CUBLASLT_EPILOGUE_BIAS && d->rows % 2 != 0;
  for (const uint32_t alignment : {preference->a, preference->b, preference->c, preference->d})
    if (alignment < 16 || odd_bias) return CUBLAS_STATUS_NOT_SUPPORTED;
  for (const cublasStatus_t outcome :
       {CUBLAS_STATUS_NOT_SUPPORTED, CUBLAS_STATUS_INTERNAL_ERROR, CUBLAS_STATUS_SUCCESS})
    if (*count < most)
      found[(*count)++] = {{{static_cast<uint32_t>(outcome), preference->a, preference->b, preference->d}},
                           0,
                           CUBLAS_STATUS_SUCCESS};
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t operation, const void* alpha,
                              const void* a, cublasLtMatrixLayout_t a_layout, const void* b,
                              cublasLtMatrixLayout_t b_layout, const void* beta, const void* c,
                              cublasLtMatrixLayout_t c_layout, void* d, cublasLtMatrixLayout_t d_layout,
                              const cublasLtMatmulAlgo_t* algorithm, void* workspace, size_t workspace_bytes,
                              cudaStream_t stream) {
  if (algorithm->data[0] != CUBLAS_STATUS_SUCCESS) return static_cast<cublasStatus_t>(algorithm->data[0]);
  const Sizes sizes = sizes_of(*operation, *a_layout, *b_layout, *d_layout);
  if (sizes.k == kNoMemoryFor) return CUBLAS_STATUS_ALLOC_FAILED;
  require(is_aligned(a, algorithm->data[1]) && is_aligned(b, algorithm->data[2]) &&
              is_aligned(c, algorithm->data[3]) && is_aligned(d, algorithm->data[3]),
          "a matrix that is aligned worse than was said");
  require(c == d && c_layout == d_layout, "a sum that it is not asked for");
  const float scale = *static_cast<const float*>(alpha), kept = *static_cast<const float*>(beta);
  twopass::cuda::submit(
      stream, [=, operation = *operation, a_layout = *a_layout, b_layout = *b_layout, d_layout = *d_layout] {
        std::memset(workspace, 0xff, std::min<size_t>(workspace_bytes, 4096));
        for (int64_t column = 0; column < sizes.n; ++column)
          for (int64_t row = 0; row < sizes.m; ++row) {
            double sum = 0;
            for (int64_t inner = 0; inner < sizes.k; ++inner) {
              const float left = operation.transpose_a == CUBLAS_OP_T ? a_layout.read(a, inner, row)
                                                                      : a_layout.read(a, row, inner);
              const float right = operation.transpose_b == CUBLAS_OP_T ? b_layout.read(b, column, inner)
                                                                       : b_layout.read(b, inner, column);
              sum += static_cast<double>(left) * static_cast<double>(right);
            }
            float& out = static_cast<float*>(d)[row + column * d_layout.leading];
            float value = scale * static_cast<float>(sum);
            if (kept != 0) value += kept * out;
            if (operation.epilogue == CUBLASLT_EPILOGUE_BIAS) value += operation.bias[row];
            out = value;
          }
      });
  return CUBLAS_STATUS_SUCCESS;
}

// NOLINTEND

namespace twopass::cuda {

CublasLt::CublasLt()
    : create(&cublasLtCreate),
      destroy(&cublasLtDestroy),
      operation_create(&cublasLtMatmulDescCreate),
      operation_destroy(&cublasLtMatmulDescDestroy),
      operation_set(&cublasLtMatmulDescSetAttribute),
      layout_create(&cublasLtMatrixLayoutCreate),
      layout_destroy(&cublasLtMatrixLayoutDestroy),
      preference_create(&cublasLtMatmulPreferenceCreate),
      preference_destroy(&cublasLtMatmulPreferenceDestroy),
      preference_set(&cublasLtMatmulPreferenceSetAttribute),
      find_algorithms(&cublasLtMatmulAlgoGetHeuristic),
      multiply(&cublasLtMatmul) {}

void check(cublasStatus_t status, const std::string& doing) {
  if (status == CUBLAS_STATUS_ALLOC_FAILED) throw Error(doing + " failed", TWOPASS_OUT_OF_MEMORY);
  if (status != CUBLAS_STATUS_SUCCESS) throw std::logic_error(doing + " failed");
}

}  // namespace twopass::cuda
