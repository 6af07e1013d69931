#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>

namespace twopass::cuda {

// Owners of what the CUDA runtime hands out. Their destructors ignore errors: whatever is wrong then was
// wrong, and reported, before.
struct Release {
  void operator()(cudaStream_t stream) const { cudaStreamDestroy(stream); }
  void operator()(cudaEvent_t event) const { cudaEventDestroy(event); }
  void operator()(cudaGraph_t graph) const { cudaGraphDestroy(graph); }
  void operator()(cudaGraphExec_t graph) const { cudaGraphExecDestroy(graph); }
};
template <class Handle>
using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, Release>;

// Bytes on the GPU, at a multiple of 256, not initialised. Zero bytes have no address.
class DeviceMemory {
 public:
  // Throws Error (TWOPASS_OUT_OF_MEMORY) that says how much was asked for and how much there is.
  explicit DeviceMemory(size_t bytes);
  std::byte* data() const { return data_.get(); }
  size_t bytes() const { return data_.get_deleter().bytes; }

 private:
  struct Free {
    size_t bytes;
    void operator()(std::byte* data) const;
  };
  std::unique_ptr<std::byte, Free> data_;
};

// What this process held on the GPU at most, and how many like it would fit on it.
std::string memory_report();

}  // namespace twopass::cuda
