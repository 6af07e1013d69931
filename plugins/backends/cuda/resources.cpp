#include "cuda/resources.hpp"

#include <algorithm>
#include <atomic>
#include <string>

#include "cuda/status.hpp"

namespace twopass::cuda {

namespace {

std::string megabytes(size_t bytes) { return std::to_string((bytes + 999999) / 1000000) + " MB"; }

// What the driver takes for a process on its own account, about.
constexpr size_t kContext = 500'000'000;

std::atomic<size_t> held, held_at_most;

}  // namespace

DeviceMemory::DeviceMemory(size_t bytes) : data_(nullptr, {bytes}) {
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
  held += bytes;
  held_at_most = std::max(held_at_most.load(), held.load());
}

void DeviceMemory::Free::operator()(std::byte* data) const {
  cudaFree(data);
  held -= bytes;
}

std::string memory_report() {
  size_t free = 0, total = 0;
  check(cudaMemGetInfo(&free, &total), "asking for the GPU's memory");
  const size_t peak = held_at_most;
  return "this run held at most " + megabytes(peak) + " of the GPU's " + megabytes(total) + "; with about " +
         megabytes(kContext) + " that CUDA takes for each process, there is room for " +
         std::to_string(total / (peak + kContext)) + " like it";
}

}  // namespace twopass::cuda
