#include "report/chart.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace twopass::report {
namespace {

using testing::HasSubstr;
using testing::Not;

// The drawing is 360 by 200, the plot inside from x = 44 to 350 and from y = 8 down to 166.

TEST(Chart, PutsPointsWhereTheirValuesAre) {
  const std::string svg = draw({.title = "accuracy",
                                .x_label = "epoch",
                                .lines = {{"FF", {{0, 0.0}, {1, 0.5}, {2, 1.0}}, false}},
                                .scale = 100});
  EXPECT_THAT(svg, HasSubstr("<polyline points=\"44.0,166.0 197.0,87.0 350.0,8.0\"/>"));
  EXPECT_THAT(svg, HasSubstr(">accuracy</figcaption>"));
  EXPECT_THAT(svg, HasSubstr("class=\"x\">epoch</text>"));
  EXPECT_THAT(svg, HasSubstr("y=\"170.0\" class=\"y\">0</text>"));
  EXPECT_THAT(svg, HasSubstr("y=\"12.0\" class=\"y\">100</text>"));
}

TEST(Chart, EndsAtRoundNumbers) {
  const std::string svg =
      draw({.title = "", .x_label = "", .lines = {{"a", {{1, 0.023}, {60, 0.181}}, false}}});
  // 0.158 in about four parts: 0.05 each, from 0 to 0.2. Epochs: 59 in about four parts, 20 each.
  EXPECT_THAT(svg, HasSubstr("class=\"y\">0.00</text>"));
  EXPECT_THAT(svg, HasSubstr("class=\"y\">0.20</text>"));
  EXPECT_THAT(svg, Not(HasSubstr("class=\"y\">0.25</text>")));
  EXPECT_THAT(svg, HasSubstr("class=\"x\">20</text>"));
  EXPECT_THAT(svg, HasSubstr("class=\"x\">60</text>"));
  EXPECT_THAT(svg, Not(HasSubstr("class=\"x\">0</text>")));
}

TEST(Chart, WritesThousandsShort) {
  const std::string svg =
      draw({.title = "", .x_label = "", .lines = {{"a", {{1, 20000.0}, {2, 151000.0}}, false}}});
  EXPECT_THAT(svg, HasSubstr("class=\"y\">150k</text>"));
  EXPECT_THAT(svg, HasSubstr("class=\"y\">0k</text>"));
}

TEST(Chart, HasRoomForOnePointAndForEqualOnes) {
  EXPECT_THAT(draw({.title = "", .x_label = "", .lines = {{"a", {{3, 7.0}}, false}}}),
              HasSubstr("<polyline points=\"197.0,"));
  const std::string zeros = draw({.title = "", .x_label = "", .lines = {{"a", {{1, 0.0}, {2, 0.0}}, false}}});
  EXPECT_THAT(zeros, HasSubstr("<polyline points=\"44.0,166.0 350.0,166.0\"/>"));
  EXPECT_THAT(zeros, Not(HasSubstr(">-")));  // no axis below zero
  EXPECT_THAT(draw({.title = "", .x_label = "", .lines = {{"a", {}, false}}}), Not(HasSubstr("nan")));
}

TEST(Chart, LeavesOutWhatIsNoNumber) {
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(draw({.title = "", .x_label = "", .lines = {{"a", {{0, 0.0}, {1, nothing}, {2, 1.0}}, false}}}),
              HasSubstr("<polyline points=\"44.0,166.0 350.0,8.0\"/>"));
}

TEST(Chart, GivesALabelOneColour) {
  const std::string svg = draw({.title = "",
                                .x_label = "",
                                .lines = {{"layer 1", {{0, 0.0}, {1, 1.0}}, false},
                                          {"layer 1", {{0, 1.0}, {1, 0.0}}, true},
                                          {"layer 2", {{0, 1.0}, {1, 1.0}}, false}}});
  EXPECT_THAT(svg, HasSubstr("<g class=\"c0\"><polyline points=\"44.0,166.0 350.0,8.0\"/>"));
  EXPECT_THAT(svg, HasSubstr("<g class=\"c0 dashed\"><polyline points=\"44.0,8.0 350.0,166.0\"/>"));
  EXPECT_THAT(svg, HasSubstr("<g class=\"c1\"><polyline points=\"44.0,8.0 350.0,8.0\"/>"));
  EXPECT_THAT(svg, HasSubstr("<span class=\"c0\">layer 1</span>\n<span class=\"c1\">layer 2</span>"));
}

}  // namespace
}  // namespace twopass::report
