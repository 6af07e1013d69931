#include "run/images.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "plugins.hpp"
#include "support/error_of.hpp"

namespace twopass::run {
namespace {

class LoadImages : public testing::Test {
 protected:
  ImagesInMemory load(int64_t size, uint64_t seed, Split split = Split::kTrain) const {
    return load_images(bars_, split, size, seed);
  }
  static std::vector<uint8_t> pixels(const ImagesInMemory& images) {
    return {images.pixels.begin(), images.pixels.end()};
  }
  static std::string image(const ImagesInMemory& images, int64_t index) {
    const auto part = images.pixels.subspan(static_cast<size_t>(index) * 48, 48);
    return {part.begin(), part.end()};
  }

  host::Dataset bars_ = make<host::Dataset>(TWOPASS_DATASET, "bars");
};

TEST_F(LoadImages, KeepsAllWithoutASize) {
  EXPECT_EQ(load(0, 1).count, 300);
  EXPECT_EQ(load(0, 1, Split::kTest).count, 100);
  EXPECT_EQ(pixels(load(300, 1)), pixels(load(0, 1)));
}

TEST_F(LoadImages, ChoosesDifferentImagesWithTheirLabels) {
  const ImagesInMemory all = load(0, 1);
  std::map<std::string, int32_t> labels;
  for (int64_t index = 0; index < all.count; ++index)
    labels[image(all, index)] = all.labels[static_cast<size_t>(index)];
  ASSERT_EQ(labels.size(), 300U) << "no two images are alike";

  const ImagesInMemory some = load(40, 1);
  EXPECT_EQ(some.count, 40);
  EXPECT_EQ(some.labels.size(), 40U);
  for (int64_t index = 0; index < some.count; ++index) {
    const auto found = labels.find(image(some, index));
    ASSERT_NE(found, labels.end()) << "no image, or chosen twice";
    EXPECT_EQ(found->second, some.labels[static_cast<size_t>(index)]);
    labels.erase(found);
  }
}

TEST_F(LoadImages, ChoosesBySeedAndSplit) {
  EXPECT_EQ(pixels(load(40, 1)), pixels(load(40, 1)));
  EXPECT_NE(pixels(load(40, 1)), pixels(load(40, 2)));
  EXPECT_NE(pixels(load(40, 1)), pixels(load(40, 1, Split::kTest)));
}

TEST_F(LoadImages, StaysValidWhenMoved) {
  ImagesInMemory images = load(40, 1);
  const std::vector<uint8_t> before = pixels(images);
  const ImagesInMemory moved = std::move(images);
  EXPECT_EQ(pixels(moved), before);
}

TEST_F(LoadImages, NamesTheOptionThatAsksForTooMany) {
  for (const auto& [split, option] : {std::pair{Split::kTrain, "train_size"}, {Split::kTest, "test_size"}}) {
    const Error error = test::error_from([&] { load(301, 1, split); });
    EXPECT_EQ(error.option(), option);
    EXPECT_THAT(error.what(), testing::HasSubstr("not 301"));
  }
}

class LoadSplits : public LoadImages {
 protected:
  Splits load(const std::vector<std::string>& options, uint64_t seed) const {
    const pipeline::Section section = pipeline::plugin_section(TWOPASS_DATASET, "bars", options, plugins());
    return load_splits(bars_, section.values.typed(), seed);
  }
  std::vector<std::string> sorted(const ImagesInMemory& images) const {
    std::vector<std::string> all;
    for (int64_t index = 0; index < images.count; ++index) all.push_back(image(images, index));
    std::ranges::sort(all);
    return all;
  }
};

TEST_F(LoadSplits, HoldsTrainingImagesOut) {
  const Splits splits = load({"validation_size=50"}, 1);
  const std::vector<std::string> validation = sorted(splits.test), rest = sorted(splits.train);
  EXPECT_EQ(validation.size(), 50U);
  std::vector<std::string> both;
  std::ranges::merge(validation, rest, std::back_inserter(both));
  EXPECT_EQ(both, sorted(LoadImages::load(0, 1))) << "each training image is in one of them";

  const Splits other = load({"validation_size=50", "train_size=100"}, 2);
  EXPECT_EQ(pixels(other.test), pixels(splits.test)) << "whatever the seed";
  EXPECT_EQ(other.train.count, 100);
  EXPECT_TRUE(std::ranges::includes(rest, sorted(other.train)));
  EXPECT_NE(pixels(other.train), pixels(load({"validation_size=50", "train_size=100"}, 3).train));
}

TEST_F(LoadSplits, NameTheOptionThatAsksForTooMany) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong{
      {{"validation_size=300"}, "validation_size"}, {{"validation_size=50", "train_size=251"}, "train_size"}};
  for (const auto& [options, named] : wrong)
    EXPECT_EQ(test::error_from([&, &asked = options] { load(asked, 1); }).option(), named);
}

}  // namespace
}  // namespace twopass::run
