#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "open_pretext.hpp"

namespace twopass::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Map& map_named(const Task& task, const std::string& class_name) {
  const auto found = std::ranges::find(task.class_names, class_name);
  return task.maps.at(static_cast<size_t>(found - task.class_names.begin()));
}

int smallest_hamming_distance(const std::vector<std::string>& permutations) {
  int smallest = 9;
  for (const std::string& one : permutations)
    for (const std::string& other : permutations) {
      int differing = 0;
      for (size_t place = 0; place < one.size(); ++place) differing += one[place] != other[place];
      if (&one != &other) smallest = std::min(smallest, differing);
    }
  return smallest;
}

// How many permutations of nine differ from a given one in fewer than `distance` places: choose the places
// that differ, times the derangements of so many (0, 1, 2, 9, 44, ...: OEIS A000166).
int64_t closer_than(int distance) {
  constexpr std::array<int64_t, 10> kDerangements = {1, 0, 1, 2, 9, 44, 265, 1854, 14833, 133496};
  constexpr std::array<int64_t, 10> kNineChoose = {1, 9, 36, 84, 126, 126, 84, 36, 9, 1};
  int64_t count = 0;
  for (size_t differing = 0; differing < static_cast<size_t>(distance); ++differing)
    count += kNineChoose[differing] * kDerangements[differing];
  return count;
}

TEST(Jigsaw, ClassNameSaysWhichTileLiesAtEachPlace) {
  const Task task = open_jigsaw(2, 24).negotiate(images_of(1, 2, 4));
  const Image image = {1, 1, 2, 2,  //
                       3, 3, 4, 4};
  EXPECT_EQ(task.label_source, TWOPASS_LABEL_IS_MAP);
  EXPECT_THAT(rearrange(map_named(task, "1032"), image), ElementsAre(2, 2, 1, 1,  //
                                                                     4, 4, 3, 3));
  EXPECT_THAT(rearrange(map_named(task, "3012"), image), ElementsAre(4, 4, 1, 1,  //
                                                                     2, 2, 3, 3));
}

TEST(Jigsaw, MovesTilesWithoutTurningThem) {
  const Task task = open_jigsaw(2, 24).negotiate(images_of(1, 4, 4));
  const Image image = {1,  2,  5,  6,   //
                       3,  4,  7,  8,   //
                       9,  10, 13, 14,  //
                       11, 12, 15, 16};
  EXPECT_THAT(rearrange(map_named(task, "2013"), image), ElementsAre(9, 10, 1, 2,   //
                                                                     11, 12, 3, 4,  //
                                                                     5, 6, 13, 14,  //
                                                                     7, 8, 15, 16));
}

TEST(Jigsaw, RowsAndColumnsLeftOverStayInPlace) {
  const Task task = open_jigsaw(2, 24).negotiate(images_of(1, 3, 5));
  const Image image = {1,  2,  3,  4,  5,   //
                       6,  7,  8,  9,  10,  //
                       11, 12, 13, 14, 15};
  EXPECT_THAT(rearrange(map_named(task, "3210"), image), ElementsAre(8, 9, 6, 7, 5,   //
                                                                     3, 4, 1, 2, 10,  //
                                                                     11, 12, 13, 14, 15));
}

TEST(Jigsaw, MovesEveryChannelAlike) {
  const Task task = open_jigsaw(2, 24).negotiate(images_of(2, 2, 2));
  EXPECT_THAT(rearrange(map_named(task, "1230"), {1, 2, 3, 4, 5, 6, 7, 8}),
              ElementsAre(2, 3, 4, 1, 6, 7, 8, 5));
}

TEST(Jigsaw, TwoByTwoHasAll24OrdersTheOriginalFirst) {
  const Task task = open_jigsaw(2, 24).negotiate(images_of(1, 28, 28));
  EXPECT_EQ(task.class_names.front(), "0123");
  EXPECT_TRUE(std::ranges::is_sorted(task.class_names));
  EXPECT_EQ(std::set<Map>(task.maps.begin(), task.maps.end()).size(), 24U);
}

class DistantPermutationsTest : public testing::TestWithParam<int> {};

// As long as those chosen do not cover all permutations with the balls of smaller distances around them, one
// at that distance or farther is left to choose.
TEST_P(DistantPermutationsTest, AreAsFarApartAsCoveringGuarantees) {
  const int count = GetParam();
  const std::vector<std::string> permutations =
      open_jigsaw(3, count).negotiate(images_of(1, 28, 28)).class_names;
  ASSERT_EQ(permutations.size(), static_cast<size_t>(count));
  EXPECT_EQ(permutations.front(), "012345678");

  constexpr int64_t kAll = 362880;
  int guaranteed = 9;
  while ((count - 1) * closer_than(guaranteed) >= kAll) --guaranteed;
  const int distance = smallest_hamming_distance(permutations);
  RecordProperty("smallest_hamming_distance", distance);
  RecordProperty("guaranteed", guaranteed);
  EXPECT_GE(distance, guaranteed);
}

INSTANTIATE_TEST_SUITE_P(Counts, DistantPermutationsTest, testing::Values(2, 9, 24, 100));

TEST(Jigsaw, ThreeByThreeDefaultDiffersInSevenOfNinePlaces) {
  const Task task = open_jigsaw(3, 24).negotiate(images_of(1, 28, 28));
  EXPECT_EQ(smallest_hamming_distance(task.class_names), 7);
}

TEST(Jigsaw, IsTheSameEveryTime) {
  EXPECT_EQ(open_jigsaw(3, 24).negotiate(images_of(1, 9, 9)).maps,
            open_jigsaw(3, 24).negotiate(images_of(1, 9, 9)).maps);
}

TEST(Jigsaw, RefusesImagesSmallerThanTheGrid) {
  const std::string text = error_of([] { open_jigsaw(3, 24).negotiate(images_of(1, 28, 2)); });
  EXPECT_THAT(text, HasSubstr("a 3x3 jigsaw needs images of at least 3x3 pixels; the dataset offers 1x28x2"));
}

TEST(Jigsaw, RefusesMorePermutationsThanThereAre) {
  const Error error = error_from([] { open_jigsaw(2, 25); });
  EXPECT_THAT(error.what(), HasSubstr("a 2x2 jigsaw has 24 permutations, not 25"));
  EXPECT_EQ(error.option(), "permutations");
}

}  // namespace
}  // namespace twopass::test
