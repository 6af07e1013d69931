#pragma once

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace twopass::cpu {

// Zeroed bytes, aligned for vector loads. Large blocks ask for huge pages: a weight matrix spans thousands of
// small ones, more than the TLB holds.
class Memory {
 public:
  explicit Memory(size_t bytes) {
    constexpr size_t kCacheLine = 64, kHugePage = size_t{2} << 20;
    const size_t alignment = bytes >= kHugePage ? kHugePage : kCacheLine;
    const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    data_.reset(std::aligned_alloc(alignment, rounded));
    if (!data_ && rounded > 0) throw std::bad_alloc();
    if (alignment == kHugePage)
      madvise(data_.get(), rounded, MADV_HUGEPAGE);  // advice: failing costs speed only
    if (rounded > 0) std::memset(data_.get(), 0, rounded);
  }
  std::byte* data() const { return static_cast<std::byte*>(data_.get()); }

 private:
  struct Free {
    void operator()(void* data) const { std::free(data); }
  };
  std::unique_ptr<void, Free> data_;
};

}  // namespace twopass::cpu
