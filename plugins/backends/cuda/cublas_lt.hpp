#pragma once

#include <cublasLt.h>

#include <memory>
#include <string>

namespace twopass::cuda {

// The functions of cublasLt that are used here, found in the library of the version that this was built with.
struct CublasLt {
  // Throws Error (TWOPASS_UNAVAILABLE) with what to install.
  CublasLt();

  decltype(&cublasLtCreate) create;
  decltype(&cublasLtDestroy) destroy;
  decltype(&cublasLtMatmulDescCreate) operation_create;
  decltype(&cublasLtMatmulDescDestroy) operation_destroy;
  decltype(&cublasLtMatmulDescSetAttribute) operation_set;
  decltype(&cublasLtMatrixLayoutCreate) layout_create;
  decltype(&cublasLtMatrixLayoutDestroy) layout_destroy;
  decltype(&cublasLtMatmulPreferenceCreate) preference_create;
  decltype(&cublasLtMatmulPreferenceDestroy) preference_destroy;
  decltype(&cublasLtMatmulPreferenceSetAttribute) preference_set;
  decltype(&cublasLtMatmulAlgoGetHeuristic) find_algorithms;
  decltype(&cublasLtMatmul) multiply;
};

// Throws Error (TWOPASS_FAILED) unless `status` is success; `doing` completes "... failed".
void check(cublasStatus_t status, const std::string& doing);

}  // namespace twopass::cuda
