#include "cuda/cublas_lt.hpp"

#include <dlfcn.h>

#include "twopass/error.hpp"

namespace twopass::cuda {

namespace {

const std::string kName = "libcublasLt.so." + std::to_string(CUBLAS_VER_MAJOR);

// The linker's own places first (LD_LIBRARY_PATH, ldconfig), then where the toolkit was when this was built
// and where it usually is. Never closed: graphs hold on to its kernels.
void* open_library() {
  std::string reason;
  for (const std::string& folder :
       {std::string(), TWOPASS_CUDA_LIBRARIES + std::string("/"), std::string("/usr/local/cuda/lib64/")}) {
    if (void* library = dlopen((folder + kName).c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    if (reason.empty()) reason = dlerror();
  }
  throw Error(kName + " cannot be loaded (" + reason + "); install cuBLAS " +
                  std::to_string(CUBLAS_VER_MAJOR) + " or add its folder to LD_LIBRARY_PATH",
              TWOPASS_UNAVAILABLE);
}

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr)
    throw Error(kName + " has no function " + name + "; install the version that this was built with",
                TWOPASS_UNAVAILABLE);
}

}  // namespace

CublasLt::CublasLt() {
  void* library = open_library();
  find(library, "cublasLtCreate", create);
  find(library, "cublasLtDestroy", destroy);
  find(library, "cublasLtMatmulDescCreate", operation_create);
  find(library, "cublasLtMatmulDescDestroy", operation_destroy);
  find(library, "cublasLtMatmulDescSetAttribute", operation_set);
  find(library, "cublasLtMatrixLayoutCreate", layout_create);
  find(library, "cublasLtMatrixLayoutDestroy", layout_destroy);
  find(library, "cublasLtMatmulPreferenceCreate", preference_create);
  find(library, "cublasLtMatmulPreferenceDestroy", preference_destroy);
  find(library, "cublasLtMatmulPreferenceSetAttribute", preference_set);
  find(library, "cublasLtMatmulAlgoGetHeuristic", find_algorithms);
  find(library, "cublasLtMatmul", multiply);
}

void check(cublasStatus_t status, const std::string& doing) {
  if (status == CUBLAS_STATUS_ALLOC_FAILED)
    throw Error(doing + " failed: cublasLt finds no memory left on the GPU. Wait for other programs to end",
                TWOPASS_OUT_OF_MEMORY);
  if (status != CUBLAS_STATUS_SUCCESS)
    throw Error(doing + " failed: cublasLt status " + std::to_string(static_cast<int>(status)),
                TWOPASS_FAILED);
}

}  // namespace twopass::cuda
