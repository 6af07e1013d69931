#include "host/nearest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twopass::host {
namespace {

using testing::ElementsAre;

TEST(EditDistance, CountsSingleEdits) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("mnist", "mnist"), 0U);
  EXPECT_EQ(edit_distance("", "ff"), 2U);
  EXPECT_EQ(edit_distance("layers", "layer"), 1U);
  EXPECT_EQ(edit_distance("layers", "layerz"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);  // Levenshtein's textbook example
}

TEST(EditDistance, CountsASwapOfNeighboursOnce) {
  EXPECT_EQ(edit_distance("epochs", "epohcs"), 1U);
  EXPECT_EQ(edit_distance("ab", "ba"), 1U);
  EXPECT_EQ(edit_distance("ca", "abc"), 3U);  // 2 if a swapped part could be edited again
}

TEST(NearestFirst, SortsByDistanceAndKeepsTies) {
  EXPECT_THAT(nearest_first("svnh", {"mnist", "cifar10", "svhn"}), ElementsAre("svhn", "mnist", "cifar10"));
  EXPECT_THAT(nearest_first("x", {"b", "a"}), ElementsAre("b", "a"));
}

TEST(DidYouMean, OffersOnlyWhatIsNear) {
  const std::vector<std::string> names{"rotation", "flip", "jigsaw"};
  EXPECT_EQ(did_you_mean("rotatoin", names), "; did you mean 'rotation'?");
  EXPECT_EQ(did_you_mean("filp", names), "; did you mean 'flip'?");
  EXPECT_EQ(did_you_mean("supervised", names), "");
  EXPECT_EQ(did_you_mean("flip", {}), "");
}

}  // namespace
}  // namespace twopass::host
