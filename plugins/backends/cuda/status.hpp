#pragma once

#include <cuda_runtime_api.h>

#include <string>

#include "twopass/error.hpp"

namespace twopass::cuda {

// Throws Error unless `status` is success; `doing` completes the sentence "... failed". Out of memory is
// TWOPASS_OUT_OF_MEMORY, all else TWOPASS_FAILED: the program was valid, so it is the machine that failed.
void check(cudaError_t status, const std::string& doing);

}  // namespace twopass::cuda
