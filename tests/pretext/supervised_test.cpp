#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "open_pretext.hpp"

namespace twopass::test {
namespace {

using testing::ElementsAre;

TEST(Supervised, KeepsImagesLabelsAndClassNames) {
  const Task task = open_pretext("supervised").negotiate(images_of(1, 2, 3));
  EXPECT_EQ(task.label_source, TWOPASS_LABEL_OF_DATASET);
  EXPECT_THAT(task.class_names, ElementsAre("cat", "dog"));
  EXPECT_THAT(task.maps, ElementsAre(ElementsAre(0, 1, 2, 3, 4, 5)));
}

}  // namespace
}  // namespace twopass::test
