#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace twopass::cpu {

// Zeroed bytes, aligned for vector loads. Large blocks ask for huge pages: a weight matrix spans thousands of
// small ones, more than the TLB holds.
class Memory {
 public:
  // Throws Error (TWOPASS_OUT_OF_MEMORY) that says how much was asked for and how much there is.
  explicit Memory(size_t bytes);
  std::byte* data() const { return static_cast<std::byte*>(data_.get()); }

 private:
  struct Free {
    void operator()(void* data) const { std::free(data); }
  };
  std::unique_ptr<void, Free> data_;
};

}  // namespace twopass::cpu
