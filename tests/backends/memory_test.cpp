#include "cpu/memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/error_of.hpp"

namespace twopass::cpu {
namespace {

TEST(Memory, IsZero) {
  for (const size_t bytes : {size_t{1}, size_t{4096}, size_t{3} << 20}) {
    const Memory memory(bytes);
    EXPECT_EQ(std::ranges::count(memory.data(), memory.data() + bytes, std::byte{0}),
              static_cast<ptrdiff_t>(bytes));
  }
}

// Linux would promise it: less than the address space, more than any machine has.
TEST(Memory, IsRefusedInWordsWhereThereIsNotEnough) {
  EXPECT_THAT(test::error_of([] { const Memory memory(size_t{1} << 46); }, TWOPASS_OUT_OF_MEMORY),
              testing::ContainsRegex("a buffer of 70368745 MB does not fit into memory, of which "
                                     "[0-9]+ MB are available"));
}

}  // namespace
}  // namespace twopass::cpu
