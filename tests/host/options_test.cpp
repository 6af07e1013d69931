#include "host/options.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>

#include "twopass/option.hpp"

namespace twopass::host {
namespace {

constexpr std::array<twopass_choice, 2> kChoices{{{"norm", "a"}, {"sum_squares", "b"}}};

TEST(OptionText, NamesTypesAndRanges) {
  EXPECT_EQ(expected_text(number("x", "1", "d").above(0).at_most(1)), "a number in (0, 1]");
  EXPECT_EQ(expected_text(number("x", "1", "d").at_least(0).below(0.5)), "a number in [0, 0.5)");
  EXPECT_EQ(expected_text(number("x", "1", "d").above(0)), "a number above 0");
  EXPECT_EQ(expected_text(integer("x", "1", "d").at_least(1)), "an integer of at least 1");
  EXPECT_EQ(expected_text(integer("x", "1", "d").at_most(-1)), "an integer of at most -1");
  EXPECT_EQ(expected_text(integer_list("x", "[]", "d").at_least(1).at_most(65536)),
            "a list of integers in [1, 65536]");
  EXPECT_EQ(expected_element_text(integer_list("x", "[]", "d").at_least(1)), "an integer of at least 1");
  EXPECT_EQ(expected_text(text_list("x", "[]", "d")), "a list of texts");
  EXPECT_EQ(expected_text(boolean("x", "true", "d")), "true or false");
  EXPECT_EQ(expected_text(choice("x", "norm", kChoices, "d")), "one of norm, sum_squares");
  EXPECT_EQ(expected_text(path("x", "", "d")), "a path");
  EXPECT_EQ(range_text(number("x", "1", "d")), "");
  EXPECT_EQ(type_name(integer_list("x", "[]", "d")), "integer list");
}

TEST(OptionRange, RespectsOpenEnds) {
  const Option option = number("x", "1", "d").above(0).at_most(1);
  EXPECT_FALSE(in_range(option, 0));
  EXPECT_TRUE(in_range(option, 1e-300));
  EXPECT_TRUE(in_range(option, 1));
  EXPECT_FALSE(in_range(option, std::nextafter(1.0, 2.0)));
  EXPECT_FALSE(in_range(option, std::nan("")));
  EXPECT_TRUE(in_range(number("x", "1", "d"), -1e308));
}

// Rows as a later SDK would lay them out: longer by 16 bytes.
TEST(OptionRows, StepByTheRowsOwnSize) {
  constexpr size_t kStride = sizeof(twopass_option) + 16;
  alignas(twopass_option) std::array<std::byte, 2 * kStride> table{};
  const char* names[] = {"first", "second"};
  for (size_t row = 0; row < 2; ++row) {
    twopass_option option = integer(names[row], "1", "d");
    option.struct_size = kStride;
    std::memcpy(table.data() + row * kStride, &option, sizeof option);
  }
  const auto rows = option_rows(reinterpret_cast<const twopass_option*>(table.data()), 2);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_STREQ(rows[0]->name, "first");
  EXPECT_STREQ(rows[1]->name, "second");
}

}  // namespace
}  // namespace twopass::host
