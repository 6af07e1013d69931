// The negatives of unsupervised Forward-Forward: which images, which masks.

#include "forward_forward/hybrid_images.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "plugins.hpp"
#include "run/trainer.hpp"
#include "twopass/testing/reference_backend.hpp"

namespace twopass::run {
namespace {

using forward_forward::blurred_mask;
using ::testing::ElementsAre;
using Bytes = std::vector<uint8_t>;

TEST(BlurredMask, IsTheBitsWithoutABlur) {
  const Bytes bits{0, 1, 1, 0, 0, 1};
  EXPECT_EQ(blurred_mask(bits, 2, 3, 0), bits);
}

// By hand. 1 0 1 1 becomes 3/4, 1/2, 3/4, 1, and one half is not above one half.
TEST(BlurredMask, IsOneAboveOneHalf) {
  EXPECT_THAT(blurred_mask(Bytes{1, 1, 0, 0}, 1, 4, 1), ElementsAre(1, 1, 0, 0));
  EXPECT_THAT(blurred_mask(Bytes{1, 0, 1, 1}, 1, 4, 1), ElementsAre(1, 0, 1, 1));
  EXPECT_THAT(blurred_mask(Bytes{0, 1, 0, 0}, 1, 4, 1), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(blurred_mask(Bytes{0, 1, 0, 0}, 4, 1, 1), ElementsAre(0, 0, 0, 0)) << "along the column";
}

// By hand. Blurred along the rows, in quarters: 4 3 1, 4 4 4, 0 1 3; then along the columns, in sixteenths:
// 16 13 7, 12 12 12, 4 7 13. A lone bit keeps 4 of 16.
TEST(BlurredMask, IsBlurredBothWays) {
  EXPECT_THAT(blurred_mask(Bytes{1, 1, 0, 1, 1, 1, 0, 0, 1}, 3, 3, 1),
              ElementsAre(1, 1, 0, 1, 1, 1, 0, 0, 1));
  EXPECT_THAT(blurred_mask(Bytes{0, 0, 0, 0, 1, 0, 0, 0, 0}, 3, 3, 1),
              ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(blurred_mask(Bytes{1, 1, 1, 1, 0, 1, 1, 1, 1}, 3, 3, 1),
              ElementsAre(1, 1, 1, 1, 1, 1, 1, 1, 1));
}

// Masks of bits ((37 p^2 + 11 p) mod 101) mod 2 of pixel p, made by NumPy: pad(mode="edge"), then correlate.
TEST(BlurredMask, AgreesWithNumPy) {
  Bytes bits;
  for (uint32_t pixel = 0; pixel < 8 * 9; ++pixel)
    bits.push_back(static_cast<uint8_t>((37 * pixel * pixel + 11 * pixel) % 101 % 2));
  const auto mask = [&](int64_t blurs) {
    std::string text;
    for (const uint8_t value : blurred_mask(bits, 8, 9, blurs)) text += value == 0 ? '.' : '#';
    return text;
  };
  EXPECT_EQ(mask(0),
            "..##.##.."
            ".##.##.##"
            "...##.##."
            "..#.#..#."
            ".###....."
            "...#.#..."
            ".....###."
            ".#..###..");
  EXPECT_EQ(mask(2),
            "..#####.."
            "..######."
            "...#####."
            "..##....."
            "..##....."
            "........."
            ".....##.."
            "....###..");
  EXPECT_EQ(mask(6),
            "...#####."
            "...####.."
            "...###..."
            "........."
            "........."
            "........."
            "........."
            ".....#...");
}

constexpr int64_t kBatch = 5, kSteps = 400, kSide = 28;

class HybridImages : public ::testing::Test {
 protected:
  HybridImages() {
    TrainerRequest request;
    request.task = {1, kSide, kSide, {"a", "b"}, TWOPASS_LABEL_IS_MAP, {}};
    request.batch_size = request.evaluation_rows = kBatch;
    request.steps_per_epoch = kSteps;
    request.network = &pipeline_.network.values();
    trainer_.build(device_, request);
  }
  void draw(uint64_t seed, int64_t epoch) {
    const std::vector<int32_t> labels(kBatch * kSteps);
    trainer_.begin_epoch(seed, epoch, epoch * kSteps, kSteps, labels);
  }
  std::vector<std::vector<double>> drawn(uint64_t seed, int64_t epoch) {
    draw(seed, epoch);
    return {reference_.values("masks"), reference_.values("mask_choice"), reference_.values("partners")};
  }

  testing::ReferenceDevice reference_;
  twopass_device device_ = reference_.abi_device();
  pipeline::Pipeline pipeline_ = pipeline::parse(
      "{name: x, dataset: bars, pretext: negative, trainer: {plugin: ff, negatives: "
      "hybrid_images}, network: {hidden: [2]}}",
      "x", {}, plugins());
  Trainer trainer_{plugins().load(TWOPASS_TRAINER, "ff"), pipeline_.trainer.values.values()};
};

TEST_F(HybridImages, HaveAPartnerThatIsAnyOtherImageOfTheBatch) {
  draw(0, 0);
  std::vector<std::vector<int>> counts(kBatch, std::vector<int>(kBatch));
  const std::vector<double>& partners = reference_.values("partners");
  for (size_t row = 0; row < partners.size(); ++row)
    ++counts[row % kBatch].at(static_cast<size_t>(partners[row]));
  double chi_squared = 0;
  for (size_t self = 0; self < kBatch; ++self)
    for (size_t other = 0; other < kBatch; ++other) {
      if (self == other) {
        EXPECT_EQ(counts[self][other], 0);
        continue;
      }
      const double difference = counts[self][other] - kSteps / 4.0;
      chi_squared += difference * difference / (kSteps / 4.0);
    }
  EXPECT_LT(chi_squared, 37.7) << "0.1 % of 15 degrees of freedom";
}

TEST_F(HybridImages, TakeHalfOfEachImageEverywhereInPatches) {
  draw(0, 0);
  const std::vector<double>& masks = reference_.values("masks");
  constexpr auto kPixels = static_cast<size_t>(kSide * kSide);
  const auto count = masks.size() / kPixels;
  double ones = 0, corner = 0, equal_neighbours = 0, neighbours = 0;
  for (size_t mask = 0; mask < count; ++mask)
    for (size_t pixel = 0; pixel < kPixels; ++pixel) {
      const double value = masks[mask * kPixels + pixel];
      ASSERT_TRUE(value == 0 || value == 1);
      ones += value;
      if (pixel == 0) corner += value;
      if (pixel % kSide + 1 == kSide) continue;
      neighbours += 1;
      if (masks[mask * kPixels + pixel + 1] == value) equal_neighbours += 1;
    }
  EXPECT_NEAR(ones / static_cast<double>(masks.size()), 0.5, 0.01);
  EXPECT_NEAR(corner / static_cast<double>(count), 0.5, 0.06) << "4 standard deviations";
  // Six blurs have a variance of 3 pixels^2 along each direction. White noise seen through a Gaussian of that
  // variance has a correlation of exp(-1 / (4 * 3)) between neighbours, and signs of normal numbers with
  // correlation r agree with probability 1 - acos(r) / pi.
  EXPECT_NEAR(equal_neighbours / neighbours, 1 - std::acos(std::exp(-1.0 / 12)) / std::numbers::pi, 0.02);
}

TEST_F(HybridImages, UseAllMasksOfTheBank) {
  draw(0, 0);
  const std::vector<double>& choice = reference_.values("mask_choice");
  EXPECT_LT(std::ranges::min(choice), 10);
  EXPECT_GE(std::ranges::min(choice), 0);
  EXPECT_GT(std::ranges::max(choice), forward_forward::HybridImages::kMasks - 10);
  EXPECT_LT(std::ranges::max(choice), forward_forward::HybridImages::kMasks);
}

TEST_F(HybridImages, AreDrawnAnewInEveryEpochFromTheSeed) {
  const auto first = drawn(0, 0), epoch = drawn(0, 1), seed = drawn(1, 0);
  for (size_t part = 0; part < first.size(); ++part) {
    EXPECT_NE(epoch[part], first[part]);
    EXPECT_NE(seed[part], first[part]);
  }
  EXPECT_EQ(drawn(0, 0), first);
}

// A colour image takes all channels of a pixel from one of the two.
TEST(HybridImagesInColour, HaveOneMaskForAllChannels) {
  const pipeline::Pipeline pipeline = pipeline::parse(
      "{name: x, dataset: bars, pretext: negative, trainer: ff, network: {normalization: none}}", "x", {},
      plugins());
  testing::ReferenceDevice reference;
  const Device device = reference.device();
  const TrainerTask task{3,
                         2,
                         2,
                         2,
                         1,
                         Network(pipeline.network.typed()),
                         device,
                         device.tensor("images", TWOPASS_INPUT, 2, 12),
                         device.tensor("labels", TWOPASS_INPUT, 2, 1, TWOPASS_I32),
                         device.tensor("evaluation", TWOPASS_INPUT, 2, 12)};
  const forward_forward::HybridImages hybrids(task, 6);
  Program program("hybrids");
  const Slot offset = program.slot();
  const Tensor out = device.tensor("out", TWOPASS_OUTPUT, 4, 12);
  program.copy(hybrids.record_input(program, offset), out);
  const CompiledProgram compiled = device.compile(program);
  std::vector<double>& images = testing::ReferenceDevice::values(task.train_images);
  for (size_t index = 0; index < images.size(); ++index) images[index] = static_cast<double>(index);
  std::ranges::copy(std::vector<double>{1, 0, 0, 1}, reference.values("masks").begin());
  reference.values("partners") = {1, 0};
  compiled.run({0.0});
  EXPECT_THAT(testing::ReferenceDevice::values(out),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,            //
                          12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,  //
                          0, 13, 14, 3, 4, 17, 18, 7, 8, 21, 22, 11,       //
                          12, 1, 2, 15, 16, 5, 6, 19, 20, 9, 10, 23));
}

}  // namespace
}  // namespace twopass::run
