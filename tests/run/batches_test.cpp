#include "run/batches.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include "plugins.hpp"
#include "twopass/testing/reference_backend.hpp"

namespace twopass::run {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

// `count` images of 2x2 pixels: 10, 11, 12, 13; 20, 21, ...
ImagesInMemory small_images(int64_t count) {
  ImagesInMemory images;
  images.count = count;
  for (int64_t image = 0; image < count; ++image) {
    for (int64_t pixel = 0; pixel < 4; ++pixel)
      images.own_pixels.push_back(static_cast<uint8_t>(10 * (image + 1) + pixel));
    images.own_labels.push_back(static_cast<int32_t>(image % 3));
  }
  images.pixels = images.own_pixels;
  images.labels = images.own_labels;
  return images;
}

// Quarter turns of 2x2 pixels, counter-clockwise, and black.
const Task kTurns{1,
                  2,
                  2,
                  {"0", "90", "180", "black"},
                  TWOPASS_LABEL_IS_MAP,
                  {{0, 1, 2, 3}, {1, 3, 0, 2}, {3, 2, 1, 0}, {-1, -1, -1, -1}}};

TEST(TrainingOrder, CoversEachImageOnceButForTheLastBatch) {
  const ImagesInMemory images = small_images(103);
  const Order order = training_order(images, kTurns, 10, 0, 0, true);
  EXPECT_EQ(order.rows.size(), 100U);
  EXPECT_EQ(std::set(order.rows.begin(), order.rows.end()).size(), 100U);
  EXPECT_THAT(order.rows, Each(::testing::AllOf(::testing::Ge(0), ::testing::Lt(103))));
  EXPECT_FALSE(std::ranges::is_sorted(order.rows));
  EXPECT_EQ(order.maps.size(), 100U);
  EXPECT_EQ(order.labels, order.maps);
}

// Results are only comparable between versions as long as these stay (docs/architecture.md, "What is
// random").
TEST(TrainingOrder, DrawsFromThePublishedStreams) {
  const ImagesInMemory images = small_images(50);
  const Order order = training_order(images, kTurns, 10, 7, 3, true);
  EXPECT_EQ(order.rows, Random(7, Purpose::kShuffle, 3).permutation(50));
  Random maps(7, Purpose::kPretextClass, 3), fixed(0, Purpose::kEvaluationClass);
  for (const int32_t map : order.maps) EXPECT_EQ(map, static_cast<int32_t>(maps.below(4)));
  for (const int32_t map : evaluation_order(images, &kTurns, 10).maps)
    EXPECT_EQ(map, static_cast<int32_t>(fixed.below(4)));
}

TEST(TrainingOrder, LeavesOutOthersInAnotherEpoch) {
  const ImagesInMemory images = small_images(13);
  std::set<int32_t> seen;
  for (int64_t epoch = 0; epoch < 20; ++epoch) {
    const Order order = training_order(images, kTurns, 10, 0, epoch, true);
    seen.insert(order.rows.begin(), order.rows.end());
  }
  EXPECT_EQ(seen.size(), 13U);
}

TEST(TrainingOrder, DependsOnSeedAndEpochAlone) {
  const ImagesInMemory images = small_images(50);
  const Order order = training_order(images, kTurns, 10, 7, 3, true);
  EXPECT_EQ(training_order(images, kTurns, 10, 7, 3, true).rows, order.rows);
  EXPECT_EQ(training_order(images, kTurns, 10, 7, 3, true).maps, order.maps);
  for (const auto& [seed, epoch] : {std::pair{8, 3}, {7, 4}}) {
    const Order other = training_order(images, kTurns, 10, static_cast<uint64_t>(seed), epoch, true);
    EXPECT_NE(other.rows, order.rows);
    EXPECT_NE(other.maps, order.maps);
  }
}

TEST(TrainingOrder, DrawsEveryMapForEveryImage) {
  const ImagesInMemory images = small_images(10);
  std::set<std::pair<int32_t, int32_t>> seen;
  std::vector<int> counts(4);
  for (int64_t epoch = 0; epoch < 400; ++epoch) {
    const Order order = training_order(images, kTurns, 10, 0, epoch, true);
    for (size_t index = 0; index < 10; ++index) {
      seen.insert({order.rows[index], order.maps[index]});
      ++counts.at(static_cast<size_t>(order.maps[index]));
    }
  }
  EXPECT_EQ(seen.size(), 40U);
  EXPECT_THAT(counts,
              Each(::testing::AllOf(::testing::Gt(890), ::testing::Lt(1110))));  // 4 standard deviations
}

// Map, label and key of each image in an epoch, by its row.
std::map<int32_t, std::tuple<int32_t, int32_t, uint64_t>> drawn(const Order& order) {
  std::map<int32_t, std::tuple<int32_t, int32_t, uint64_t>> result;
  for (size_t index = 0; index < order.rows.size(); ++index)
    result[order.rows[index]] = {order.maps[index], order.labels[index],
                                 order.keys.empty() ? 0 : order.keys[index]};
  return result;
}

TEST(TrainingOrder, WithoutRedrawShowsEachImageTheSameWayInAllEpochs) {
  const ImagesInMemory images = small_images(40);
  const Task computed{1, 2, 2, {"plain", "changed"}, TWOPASS_LABEL_IS_MAP, {}};
  for (const Task* task : {&kTurns, &computed}) {
    const Order first = training_order(images, *task, 10, 7, 0, false);
    const Order later = training_order(images, *task, 10, 7, 5, false);
    EXPECT_NE(first.rows, later.rows);
    EXPECT_EQ(drawn(first), drawn(later));
    EXPECT_NE(drawn(first), drawn(training_order(images, *task, 10, 8, 0, false))) << "another seed";
    EXPECT_NE(drawn(first), drawn(training_order(images, *task, 10, 7, 5, true))) << "drawn anew";
  }
  const Order order = training_order(images, kTurns, 10, 7, 0, false);
  EXPECT_EQ(order.labels, order.maps);
  EXPECT_EQ(std::set(order.maps.begin(), order.maps.end()).size(), 4U);
}

TEST(TrainingOrder, TakesTheLabelsOfTheDatasetWhereTheTaskSaysSo) {
  const ImagesInMemory images = small_images(30);
  const Task supervised{1, 2, 2, {"a", "b", "c"}, TWOPASS_LABEL_OF_DATASET, {{0, 1, 2, 3}}};
  const Order order = training_order(images, supervised, 10, 0, 0, true);
  for (size_t index = 0; index < order.rows.size(); ++index)
    EXPECT_EQ(order.labels[index], order.rows[index] % 3);
  EXPECT_THAT(order.maps, Each(0));
}

TEST(EvaluationOrder, IsThePublishedOneFilledUpToWholeBatches) {
  const ImagesInMemory images = small_images(8);
  const Order order = evaluation_order(images, &kTurns, 5);
  EXPECT_THAT(order.rows, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 0, 0));
  const std::vector<int32_t> labels(order.labels.begin(), order.labels.begin() + 8);
  EXPECT_THAT(labels, ElementsAreArray(order.maps.begin(), order.maps.begin() + 8));
  EXPECT_GT(std::set(labels.begin(), labels.end()).size(), 1U);
  EXPECT_THAT(std::vector(order.labels.begin() + 8, order.labels.end()), ElementsAre(-1, -1));

  const Order again = evaluation_order(images, &kTurns, 5);
  EXPECT_EQ(again.maps, order.maps);
  EXPECT_THAT(evaluation_order(images, nullptr, 4).labels, ElementsAreArray(images.labels));
}

TEST(EvaluationOrder, HasAKeyForEachRowThatATaskTransforms) {
  const Task computed{1, 2, 2, {"plain", "changed"}, TWOPASS_LABEL_IS_MAP, {}};
  const Order order = evaluation_order(small_images(8), &computed, 5);
  ASSERT_EQ(order.keys.size(), order.rows.size()) << "also those that fill up the last batch";
  Random random(0, Purpose::kEvaluationTransform);
  for (size_t row = 0; row < 8; ++row) {
    const uint64_t high = random.bits();
    EXPECT_EQ(order.keys[row], high << 32 | random.bits());
  }
}

// A batch of two rows on the float64 reference device.
class Batch : public ::testing::Test {
 protected:
  Batches batches(ImagesInMemory& images, const Task* task, const host::Pretext* pretext, int64_t rows) {
    upload(device_, images);
    return {device_, images, task, pretext, images_, labels_, rows};
  }
  // The assembled batch in grey levels.
  std::vector<int> grey_levels() const {
    std::vector<int> result;
    for (const double value : testing::ReferenceDevice::values(images_))
      result.push_back(static_cast<int>(std::lround(value * 255)));
    return result;
  }
  const std::vector<double>& labels() const { return testing::ReferenceDevice::values(labels_); }

  testing::ReferenceDevice reference_;
  Device device_ = reference_.device();
  Tensor images_ = device_.tensor("images", TWOPASS_INPUT, 2, 4);
  Tensor labels_ = device_.tensor("labels", TWOPASS_INPUT, 2, 1, TWOPASS_I32);
};

TEST_F(Batch, HoldsTurnedAndScaledImages) {
  ImagesInMemory images = small_images(3);
  Batches batches = this->batches(images, &kTurns, nullptr, 4);
  Order order{{2, 0, 1, 1}, {1, 0, 2, 3}, {1, 0, 2, 3}};
  batches.begin_pass(order);

  batches.load(0);  // 30 31 / 32 33 turned by 90 degrees to the left is 31 33 / 30 32
  EXPECT_THAT(grey_levels(), ElementsAre(31, 33, 30, 32, 10, 11, 12, 13));
  EXPECT_THAT(labels(), ElementsAre(1, 0));
  EXPECT_NEAR(testing::ReferenceDevice::values(images_)[0], 31.0 / 255, 1e-15);

  batches.load(2);
  EXPECT_THAT(grey_levels(), ElementsAre(23, 22, 21, 20, 0, 0, 0, 0));
  EXPECT_THAT(labels(), ElementsAre(2, 3));
}

TEST_F(Batch, HoldsTheImagesAsTheyAreWithoutATask) {
  ImagesInMemory images = small_images(2);
  Batches batches = this->batches(images, nullptr, nullptr, 2);
  Order order = evaluation_order(images, nullptr, 2);
  batches.begin_pass(order);
  batches.load(0);
  EXPECT_THAT(grey_levels(), ElementsAre(10, 11, 12, 13, 20, 21, 22, 23));
  EXPECT_THAT(labels(), ElementsAre(0, 1));
}

// A task that computes its images instead of moving pixels: the test plugin `negative`.
class TransformedBatch : public Batch {
 protected:
  // Assembles a pass over six images and two rows that fill up; checks each against its label.
  std::vector<int32_t> checked_pass(uint64_t key) {
    auto pretext = make<host::Pretext>(TWOPASS_PRETEXT, "negative");
    const Task task = pretext.negotiate({1, 2, 2, {"a", "b", "c"}});
    ImagesInMemory images = small_images(6);
    Batches batches = this->batches(images, &task, &pretext, 8);
    Order order{{5, 4, 3, 2, 1, 0, 0, 0}, std::vector<int32_t>(8), {0, 0, 0, 0, 0, 0, -1, -1}};
    Random keys(key, Purpose::kTransform);
    for (size_t row = 0; row < order.rows.size(); ++row) order.keys.push_back(keys.bits());
    batches.begin_pass(order);
    EXPECT_THAT(order.rows, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7)) << "of the transformed images";
    for (int64_t first = 0; first < 6; first += 2) {
      batches.load(first);
      for (size_t row = 0; row < 2; ++row) {
        const int image = 5 - static_cast<int>(first) - static_cast<int>(row);
        const int grey = grey_levels()[4 * row];
        const int as_it_is = 10 * (image + 1);
        EXPECT_EQ(grey, labels()[row] == 0 ? as_it_is : 255 - as_it_is);
        EXPECT_EQ(labels()[row], order.labels[static_cast<size_t>(first) + row]);
      }
    }
    EXPECT_THAT(std::vector(order.labels.begin() + 6, order.labels.end()), ElementsAre(-1, -1));
    return order.labels;
  }
};

TEST_F(TransformedBatch, HoldsTransformedImagesWithTheirLabels) {
  const std::vector<int32_t> labels = checked_pass(1);
  EXPECT_EQ(checked_pass(1), labels) << "the key decides";
  std::set<std::vector<int32_t>> different;
  for (uint64_t key = 0; key < 10; ++key) different.insert(checked_pass(key));
  EXPECT_GT(different.size(), 5U);
}

}  // namespace
}  // namespace twopass::run
