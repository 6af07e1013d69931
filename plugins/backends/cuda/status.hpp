#pragma once

#include <cuda_runtime_api.h>

#include <string_view>

#include "twopass/error.hpp"

namespace twopass::cuda {

// Throws Error unless `status` is success; `doing` completes the sentence "... failed". Out of memory is
// TWOPASS_OUT_OF_MEMORY, all else TWOPASS_FAILED: the program was valid, so it is the machine that failed.
// Success allocates nothing: runs call this.
void check(cudaError_t status, std::string_view doing);

}  // namespace twopass::cuda
