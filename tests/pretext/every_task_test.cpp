// What holds for every task that moves pixels, at usual and at odd shapes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <ostream>
#include <set>

#include "open_pretext.hpp"

namespace twopass::test {
namespace {

struct Shape {
  int64_t channels, height, width;
};

const std::vector<Shape> kShapes = {{1, 28, 28}, {3, 32, 32}, {1, 3, 3}, {2, 7, 7}, {3, 32, 24}, {1, 5, 4}};

struct NamedTask {
  std::string name;
  host::Pretext (*open)();
  size_t classes;
  bool needs_square = false;
};

// NOLINTNEXTLINE(readability-identifier-naming): googletest looks for this name.
void PrintTo(const NamedTask& task, std::ostream* stream) { *stream << task.name; }

class EveryTaskTest : public testing::TestWithParam<NamedTask> {};

TEST_P(EveryTaskTest, MapsArePermutationsOfThePixels) {
  host::Pretext pretext = GetParam().open();
  for (const Shape& shape : kShapes) {
    if (GetParam().needs_square && shape.height != shape.width) continue;
    const Task task = pretext.negotiate(images_of(shape.channels, shape.height, shape.width));
    Map all_pixels(static_cast<size_t>(shape.channels * shape.height * shape.width));
    std::iota(all_pixels.begin(), all_pixels.end(), 0);
    EXPECT_EQ(task.channels, shape.channels);
    EXPECT_EQ(task.height, shape.height);
    EXPECT_EQ(task.width, shape.width);
    ASSERT_EQ(task.maps.size(), GetParam().classes);
    EXPECT_EQ(task.maps.front(), all_pixels) << "the first class is the untouched image";
    EXPECT_EQ(std::set<Map>(task.maps.begin(), task.maps.end()).size(), task.maps.size())
        << "two classes are alike";
    for (Map map : task.maps) {
      std::ranges::sort(map);
      EXPECT_EQ(map, all_pixels);
    }
  }
}

TEST_P(EveryTaskTest, ClassNamesMatchMaps) {
  const Task task = GetParam().open().negotiate(images_of(1, 28, 28));
  if (task.label_source == TWOPASS_LABEL_IS_MAP) {
    EXPECT_EQ(task.class_names.size(), task.maps.size());
  }
  EXPECT_EQ(std::set<std::string>(task.class_names.begin(), task.class_names.end()).size(),
            task.class_names.size());
}

INSTANTIATE_TEST_SUITE_P(
    All, EveryTaskTest,
    testing::Values(NamedTask{"supervised", [] { return open_pretext("supervised"); }, 1},
                    NamedTask{"rotation", [] { return open_pretext("rotation"); }, 4, true},
                    NamedTask{"flip_horizontal", [] { return open_flip("horizontal"); }, 2},
                    NamedTask{"flip_vertical", [] { return open_flip("vertical"); }, 2},
                    NamedTask{"flip_both", [] { return open_flip("both"); }, 4},
                    NamedTask{"jigsaw_2x2", [] { return open_jigsaw(2, 24); }, 24},
                    NamedTask{"jigsaw_2x2_subset", [] { return open_jigsaw(2, 8); }, 8},
                    NamedTask{"jigsaw_3x3", [] { return open_jigsaw(3, 24); }, 24}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace twopass::test
