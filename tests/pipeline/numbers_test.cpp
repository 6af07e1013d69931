#include "pipeline/numbers.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

using namespace twopass::pipeline;

TEST(Integers, AreDecimal) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("+60"), 60);
  EXPECT_EQ(parse_integer("-5"), -5);
  EXPECT_EQ(parse_integer("9223372036854775807"), std::numeric_limits<int64_t>::max());
}

TEST(Integers, AreNothingElse) {
  for (const char* text : {"", "+", "-", "010", "-010", "0x10", "0o7", "1_000", "1.0", "1e3", " 1", "1 ",
                           "+-1", "9223372036854775808"})
    EXPECT_FALSE(parse_integer(text)) << '"' << text << '"';
}

TEST(Numbers, AreWhatPeopleWrite) {
  EXPECT_EQ(parse_number("1e-4"), 1e-4);
  EXPECT_EQ(parse_number("1E-4"), 1e-4);
  EXPECT_EQ(parse_number("1e+4"), 1e4);
  EXPECT_EQ(parse_number(".0001"), 1e-4);
  EXPECT_EQ(parse_number("+0.5"), 0.5);
  EXPECT_EQ(parse_number("-2."), -2);
  EXPECT_EQ(parse_number("60"), 60);
}

TEST(Numbers, AreFinite) {
  for (const char* text : {"", ".", "e5", "nan", "inf", "-inf", ".inf", ".nan", "infinity", "1e999", "0x1p3",
                           "01.5", "1,5", "5%"})
    EXPECT_FALSE(parse_number(text)) << '"' << text << '"';
}

TEST(Numbers, AreWrittenShort) {
  EXPECT_EQ(format_number(1e-4), "1e-4");
  EXPECT_EQ(format_number(0.5), "0.5");
  EXPECT_EQ(format_number(60), "60");
  EXPECT_EQ(format_number(-2.5e20), "-2.5e20");
  EXPECT_EQ(format_number(1e-10), "1e-10");
}

TEST(Numbers, SurviveWriting) {
  for (const double value : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, 1e22, 123456789.125, 2e-100})
    EXPECT_EQ(parse_number(format_number(value)), value);
}
