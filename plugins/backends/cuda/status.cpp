#include "cuda/status.hpp"

#include <string>

namespace twopass::cuda {

namespace {

// After these the process can do nothing more on the GPU; every later call reports the same.
bool is_sticky(cudaError_t status) {
  // Which CUDA 12.0 has no names for, and those of the multi-process service.
  constexpr int kContained = 226, kTensorMemoryLeak = 721, kServerFailed = 806, kClientTerminated = 810;
  switch (static_cast<int>(status)) {
    case cudaErrorIllegalAddress:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorIllegalInstruction:
    case cudaErrorHardwareStackError:
    case cudaErrorLaunchFailure:
    case cudaErrorLaunchTimeout:
    case cudaErrorECCUncorrectable:
    case cudaErrorNvlinkUncorrectable:
    case cudaErrorAssert:
    case kContained:
    case kTensorMemoryLeak:
    case kServerFailed:
    case kClientTerminated:
    case cudaErrorExternalDevice:
      return true;
    default:
      return false;
  }
}

}  // namespace

void check(cudaError_t status, std::string_view doing) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // it is reported here, and must not be found behind the next kernel's start
  const std::string what =
      std::string(doing) + " failed: " + cudaGetErrorString(status) + " (" + cudaGetErrorName(status) + ")";
  if (status == cudaErrorMemoryAllocation) throw Error(what, TWOPASS_OUT_OF_MEMORY);
  if (is_sticky(status))
    throw Error(what +
                    "; this process cannot use the GPU any more. Run the same command again: a run goes on "
                    "from its last checkpoint",
                TWOPASS_FAILED);
  throw Error(what, TWOPASS_FAILED);
}

}  // namespace twopass::cuda
