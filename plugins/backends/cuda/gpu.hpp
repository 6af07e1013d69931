#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <string>

#include "cuda/fault.hpp"
#include "cuda/resources.hpp"

namespace twopass::cuda {

// One GPU and the one stream on which everything happens in order: uploads, runs and downloads never overtake
// each other.
class Gpu {
 public:
  // Throws Error (TWOPASS_UNAVAILABLE) with the reason when there is no such device or it cannot run this
  // build.
  explicit Gpu(int64_t device);
  Gpu(const Gpu&) = delete;
  Gpu& operator=(const Gpu&) = delete;

  // Makes this the calling thread's device. To be called first in all that the host calls.
  void use() const;
  // Waits for everything so far; throws what went wrong, faults included.
  void synchronize();

  cudaStream_t stream() const { return stream_.get(); }
  Fault* fault() const { return reinterpret_cast<Fault*>(fault_.data()); }
  const std::string& name() const { return name_; }

 private:
  int device_;
  std::string name_;
  Owned<cudaStream_t> stream_;
  DeviceMemory fault_;
};

}  // namespace twopass::cuda
