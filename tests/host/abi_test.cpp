// Structs of an SDK older or newer than this one, whose elements are smaller or larger.

#include "twopass/abi.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "twopass/error.hpp"

namespace twopass {
namespace {

// As the compiler of another SDK laid out an array: `extra` bytes more or less per element. Exactly as large
// as it says, so that AddressSanitizer finds a read past it.
template <class Struct>
class Array {
 public:
  Array(const std::vector<Struct>& elements, int extra)
      : stride_(static_cast<size_t>(static_cast<int64_t>(sizeof(Struct)) + extra)),
        words_(stride_ / sizeof(uint64_t) * elements.size(), ~uint64_t{0}) {
    for (size_t index = 0; index < elements.size(); ++index) {
      Struct element = elements[index];
      element.struct_size = static_cast<uint32_t>(stride_);
      std::memcpy(reinterpret_cast<char*>(words_.data()) + index * stride_, &element,
                  std::min(stride_, sizeof element));
    }
  }
  const Struct* data() const { return reinterpret_cast<const Struct*>(words_.data()); }

 private:
  size_t stride_;
  std::vector<uint64_t> words_;
};

twopass_buffer buffer(int64_t rows) {
  return {sizeof(twopass_buffer), TWOPASS_I32, TWOPASS_STATE, 0, rows, 2, nullptr, "buffer"};
}

TEST(Copy, OfALargerElementIsCutToThisSize) {
  const Array<twopass_buffer> newer({buffer(3), buffer(4)}, 8);
  const twopass_buffer copy = abi::copy(abi::at(newer.data(), 1));
  EXPECT_EQ(copy.struct_size, sizeof(twopass_buffer));
  EXPECT_EQ(copy.rows, 4);
  EXPECT_STREQ(copy.name, "buffer");
}

TEST(Copy, OfASmallerElementHasZerosPastIt) {
  const Array<twopass_buffer> older({buffer(3), buffer(4)}, -8);
  const twopass_buffer copy = abi::copy(abi::at(older.data(), 1));
  EXPECT_EQ(copy.struct_size, sizeof(twopass_buffer));
  EXPECT_EQ(copy.rows, 4);
  EXPECT_EQ(copy.name, nullptr);
}

TEST(CopyTo, GoesAsFarAsTheTargetAndKeepsItsSize) {
  twopass_backend_info source{};
  source.struct_size = sizeof source;
  source.threads = 4;
  source.deterministic = 7;
  twopass_backend_info target{};
  target.struct_size = offsetof(twopass_backend_info, deterministic);
  target.deterministic = 99;
  abi::copy_to(&target, source);
  EXPECT_EQ(target.struct_size, offsetof(twopass_backend_info, deterministic));
  EXPECT_EQ(target.threads, 4U);
  EXPECT_EQ(target.deterministic, 99U) << "past what the caller has";
}

TEST(Slot, IsNullWhereEmptyOrPastTheTable) {
  twopass_dataset_api api{sizeof(twopass_dataset_api), 0,
                          [](void*, twopass_dataset_info*, twopass_error*) { return 0; },
                          [](void*, uint32_t, twopass_images*, twopass_error*) { return 0; }};
  EXPECT_EQ(abi::slot(api, &twopass_dataset_api::load), api.load);
  api.struct_size -= 1;
  EXPECT_EQ(abi::slot(api, &twopass_dataset_api::load), nullptr);
  EXPECT_EQ(abi::slot(api, &twopass_dataset_api::describe), api.describe);
  api.describe = nullptr;
  EXPECT_EQ(abi::slot(api, &twopass_dataset_api::describe), nullptr);
}

}  // namespace
}  // namespace twopass
