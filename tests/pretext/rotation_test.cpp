#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "open_pretext.hpp"

namespace twopass::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Rotation, TurnsCounterClockwiseByTheMapsNumberOfQuarters) {
  const Task task = open_pretext("rotation").negotiate(images_of(1, 3, 3));
  const Image image = {1, 2, 3,  //
                       4, 5, 6,  //
                       7, 8, 9};
  ASSERT_EQ(task.maps.size(), 4U);
  EXPECT_EQ(task.label_source, TWOPASS_LABEL_IS_MAP);
  EXPECT_THAT(task.class_names, ElementsAre("0 degrees", "90 degrees", "180 degrees", "270 degrees"));
  EXPECT_EQ(rearrange(task.maps[0], image), image);
  EXPECT_THAT(rearrange(task.maps[1], image), ElementsAre(3, 6, 9,  //
                                                          2, 5, 8,  //
                                                          1, 4, 7));
  EXPECT_THAT(rearrange(task.maps[2], image), ElementsAre(9, 8, 7,  //
                                                          6, 5, 4,  //
                                                          3, 2, 1));
  EXPECT_THAT(rearrange(task.maps[3], image), ElementsAre(7, 4, 1,  //
                                                          8, 5, 2,  //
                                                          9, 6, 3));
}

TEST(Rotation, TurnsEachChannelWithinItself) {
  const Task task = open_pretext("rotation").negotiate(images_of(2, 2, 2));
  EXPECT_THAT(rearrange(task.maps.at(1), {1, 2, 3, 4, 5, 6, 7, 8}), ElementsAre(2, 4, 1, 3, 6, 8, 5, 7));
}

TEST(Rotation, FourTimesIsTheIdentity) {
  const Task task = open_pretext("rotation").negotiate(images_of(3, 5, 5));
  Image image(75);
  for (size_t pixel = 0; pixel < image.size(); ++pixel) image[pixel] = static_cast<uint8_t>(pixel);
  for (const Map& map : task.maps)
    EXPECT_EQ(rearrange(map, rearrange(map, rearrange(map, rearrange(map, image)))), image);
}

TEST(Rotation, RefusesImagesThatAreNotSquare) {
  const std::string text = error_of([] { open_pretext("rotation").negotiate(images_of(3, 32, 24)); });
  EXPECT_THAT(text, HasSubstr("rotation needs square images; the dataset offers 3x32x24"));
}

}  // namespace
}  // namespace twopass::test
