#include "cuda/resources.hpp"

#include <string>

#include "cuda/status.hpp"

namespace twopass::cuda {

namespace {

std::string megabytes(size_t bytes) { return std::to_string((bytes + 999999) / 1000000) + " MB"; }

}  // namespace

DeviceMemory::DeviceMemory(size_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  void* data = nullptr;
  const cudaError_t status = cudaMalloc(&data, bytes);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // it is reported here, and must not be found by the next call
    size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    throw Error("the GPU has no " + megabytes(bytes) + " left (" + std::to_string(bytes) +
                    " bytes): " + megabytes(free) + " of " + megabytes(total) +
                    " are free. Use smaller batches or layers, or wait for other programs to end",
                TWOPASS_OUT_OF_MEMORY);
  }
  check(status, "allocating " + megabytes(bytes) + " on the GPU");
  data_.reset(static_cast<std::byte*>(data));
}

PinnedMemory::PinnedMemory(size_t count) {
  if (count == 0) return;
  void* data = nullptr;
  check(cudaMallocHost(&data, count * sizeof(double)), "allocating page-locked memory");
  data_.reset(static_cast<double*>(data));
}

}  // namespace twopass::cuda
