#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>

#include "cpu/kernels.hpp"
#include "cpu/memory.hpp"
#include "twopass/backend.hpp"
#include "twopass/op_table.hpp"

namespace twopass::cpu {

// A persistent buffer in main memory. One of floats may have a working copy: the same numbers in bfloat16,
// kept up to date by uploads and by the optimiser, so that products need not round them anew.
class CpuStorage : public Backend::Storage {
 public:
  explicit CpuStorage(const twopass_buffer& buffer) : CpuStorage(buffer.type, buffer.rows * buffer.columns) {}

  void upload(int64_t first, int64_t count, const void* data) override {
    std::copy_n(static_cast<const std::byte*>(data), count * element_,
                at(first));  // count may be 0, data null
    if (working_copy_) round(first, count);
  }
  void download(int64_t first, int64_t count, void* data) override {
    std::copy_n(at(first), count * element_, static_cast<std::byte*>(data));
  }
  std::byte* data() const { return memory_.data(); }

  CpuStorage& make_working_copy() {
    if (!working_copy_) {
      working_copy_.reset(new CpuStorage(TWOPASS_BF16, count_));
      round(0, count_);
    }
    return *working_copy_;
  }
  // Null where none was made.
  CpuStorage* working_copy() const { return working_copy_.get(); }

 private:
  CpuStorage(uint32_t type, int64_t count)
      : count_(count), element_(type_bytes(type)), memory_(static_cast<size_t>(count * element_)) {}

  std::byte* at(int64_t first) const { return memory_.data() + first * element_; }
  void round(int64_t first, int64_t count) const {
    kernels::convert(reinterpret_cast<const float*>(at(first)),
                     reinterpret_cast<Bfloat16*>(working_copy_->at(first)), count, 1, 0);
  }

  int64_t count_, element_;
  Memory memory_;
  std::unique_ptr<CpuStorage> working_copy_;
};

// Null for temps.
inline CpuStorage* storage_of(const twopass_buffer& buffer) {
  return static_cast<CpuStorage*>(static_cast<Backend::Storage*>(buffer.storage));
}

}  // namespace twopass::cpu
