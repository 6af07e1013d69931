#pragma once

#include <cstdint>
#include <memory>

#include "cuda/gpu.hpp"
#include "cuda/resources.hpp"
#include "twopass/backend.hpp"

namespace twopass::cuda {

// A persistent buffer on the GPU. One of floats may have a working copy: the same numbers in bfloat16, kept
// up to date by uploads and by the optimiser.
class GpuStorage : public Backend::Storage {
 public:
  enum class WorkingCopy { kNone, kBfloat16 };

  GpuStorage(Gpu& gpu, uint32_t type, int64_t count, WorkingCopy working_copy);

  // Both wait until the GPU is done.
  void upload(int64_t first, int64_t count, const void* data) override;
  void download(int64_t first, int64_t count, void* data) override;

  std::byte* data() const { return memory_.data(); }
  // Null where there is none.
  GpuStorage* working_copy() const { return working_copy_.get(); }

 private:
  Gpu& gpu_;
  uint32_t type_;
  int64_t element_;
  DeviceMemory memory_;
  std::unique_ptr<GpuStorage> working_copy_;
};

// Null for temps.
inline GpuStorage* storage_of(const twopass_buffer& buffer) {
  return static_cast<GpuStorage*>(static_cast<Backend::Storage*>(buffer.storage));
}

}  // namespace twopass::cuda
