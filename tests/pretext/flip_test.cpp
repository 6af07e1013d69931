#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "open_pretext.hpp"

namespace twopass::test {
namespace {

using testing::ElementsAre;

const Image kImage = {1, 2, 3,  //
                      4, 5, 6};

TEST(Flip, HorizontallyLeftAndRightChangePlaces) {
  const Task task = open_flip("horizontal").negotiate(images_of(1, 2, 3));
  ASSERT_EQ(task.maps.size(), 2U);
  EXPECT_EQ(task.label_source, TWOPASS_LABEL_IS_MAP);
  EXPECT_THAT(task.class_names, ElementsAre("not mirrored", "mirrored left to right"));
  EXPECT_EQ(rearrange(task.maps[0], kImage), kImage);
  EXPECT_THAT(rearrange(task.maps[1], kImage), ElementsAre(3, 2, 1,  //
                                                           6, 5, 4));
}

TEST(Flip, VerticallyTopAndBottomChangePlaces) {
  const Task task = open_flip("vertical").negotiate(images_of(1, 2, 3));
  ASSERT_EQ(task.maps.size(), 2U);
  EXPECT_THAT(task.class_names, ElementsAre("not mirrored", "mirrored top to bottom"));
  EXPECT_EQ(rearrange(task.maps[0], kImage), kImage);
  EXPECT_THAT(rearrange(task.maps[1], kImage), ElementsAre(4, 5, 6,  //
                                                           1, 2, 3));
}

TEST(Flip, BothAxesMakeFourClasses) {
  const Task task = open_flip("both").negotiate(images_of(1, 2, 3));
  ASSERT_EQ(task.maps.size(), 4U);
  EXPECT_THAT(task.class_names, ElementsAre("not mirrored", "mirrored left to right",
                                            "mirrored top to bottom", "mirrored both ways"));
  EXPECT_EQ(rearrange(task.maps[0], kImage), kImage);
  EXPECT_THAT(rearrange(task.maps[1], kImage), ElementsAre(3, 2, 1, 6, 5, 4));
  EXPECT_THAT(rearrange(task.maps[2], kImage), ElementsAre(4, 5, 6, 1, 2, 3));
  EXPECT_THAT(rearrange(task.maps[3], kImage), ElementsAre(6, 5, 4, 3, 2, 1));
}

TEST(Flip, MirrorsEachChannelWithinItself) {
  const Task task = open_flip("horizontal").negotiate(images_of(2, 1, 3));
  EXPECT_THAT(rearrange(task.maps.at(1), {1, 2, 3, 4, 5, 6}), ElementsAre(3, 2, 1, 6, 5, 4));
}

TEST(Flip, TwiceIsTheIdentity) {
  for (const Map& map : open_flip("both").negotiate(images_of(1, 2, 3)).maps)
    EXPECT_EQ(rearrange(map, rearrange(map, kImage)), kImage);
}

}  // namespace
}  // namespace twopass::test
