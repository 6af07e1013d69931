#include "cuda/storage.hpp"

#include "cuda/kernels.hpp"
#include "cuda/status.hpp"
#include "twopass/op_table.hpp"

namespace twopass::cuda {

GpuStorage::GpuStorage(Gpu& gpu, uint32_t type, int64_t count, WorkingCopy working_copy)
    : gpu_(gpu), type_(type), element_(type_bytes(type)), memory_(static_cast<size_t>(count * element_)) {
  check(cudaMemsetAsync(memory_.data(), 0, memory_.bytes(), gpu_.stream()), "clearing a buffer");
  if (working_copy == WorkingCopy::kBfloat16)  // its zeros are those of float32
    working_copy_ = std::make_unique<GpuStorage>(gpu, TWOPASS_BF16, count, WorkingCopy::kNone);
}

void GpuStorage::upload(int64_t first, int64_t count, const void* data) {
  if (count == 0) return;
  gpu_.use();
  check(cudaMemcpyAsync(memory_.data() + first * element_, data, static_cast<size_t>(count * element_),
                        cudaMemcpyHostToDevice, gpu_.stream()),
        "an upload");
  if (working_copy_ != nullptr)
    copy({memory_.data() + first * element_, type_, 1, count, count}, nullptr,
         {working_copy_->data() + first * working_copy_->element_, TWOPASS_BF16, 1, count, count}, nullptr, 1,
         1, 0, gpu_.stream());
  gpu_.synchronize();
}

void GpuStorage::download(int64_t first, int64_t count, void* data) {
  gpu_.use();
  if (count > 0)
    check(cudaMemcpyAsync(data, memory_.data() + first * element_, static_cast<size_t>(count * element_),
                          cudaMemcpyDeviceToHost, gpu_.stream()),
          "a download");
  gpu_.synchronize();
}

}  // namespace twopass::cuda
