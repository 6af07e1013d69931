#include "report/nearest.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace twopass::report {
namespace {

TEST(Nearest, IsTheCandidateWithTheFewestEdits) {
  const std::vector<std::string> names = {"sitting", "mitten", "kitchen"};
  EXPECT_EQ(nearest("kitten", names), "mitten");   // 3 edits, 1 and 2
  EXPECT_EQ(nearest("sittin", names), "sitting");  // one more letter
  EXPECT_EQ(nearest("kichen", names), "kitchen");  // one letter left out
  EXPECT_EQ(nearest("", std::vector<std::string>{"ab", "c"}), "c");
  EXPECT_EQ(nearest("x", std::vector<std::string>{}), "");
}

}  // namespace
}  // namespace twopass::report
