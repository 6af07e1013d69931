// The labels of Forward-Forward's negative images: drawn from the other classes, each equally often.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins.hpp"
#include "run/trainer.hpp"
#include "twopass/testing/reference_backend.hpp"

namespace twopass::run {
namespace {

constexpr int32_t kClasses = 5;
constexpr int64_t kBatch = 20, kSteps = 100;

class WrongLabels : public ::testing::Test {
 protected:
  WrongLabels() {
    TrainerRequest request;
    request.task = {1, 3, 3, {"a", "b", "c", "d", "e"}, TWOPASS_LABEL_IS_MAP, {}};
    request.batch_size = request.evaluation_rows = kBatch;
    request.steps_per_epoch = kSteps;
    request.network = &pipeline_.network.values();
    trainer_.build(device_, request);
    for (int32_t index = 0; index < kBatch * kSteps; ++index) true_labels_.push_back(index % kClasses);
  }
  std::vector<double> draw(uint64_t seed, int64_t epoch) {
    trainer_.begin_epoch(seed, epoch, epoch * kSteps, kSteps, true_labels_);
    return reference_.values("wrong_labels");
  }

  testing::ReferenceDevice reference_;
  twopass_device device_ = reference_.abi_device();
  pipeline::Pipeline pipeline_ = pipeline::parse(
      "{name: x, dataset: bars, pretext: negative, trainer: ff, network: {hidden: [2]}}", "x", {}, plugins());
  Trainer trainer_{plugins().load(TWOPASS_TRAINER, "ff"), pipeline_.trainer.values.values()};
  std::vector<int32_t> true_labels_;
};

TEST_F(WrongLabels, AreNeverTrueAndUniformOverTheOthers) {
  std::vector<std::vector<int>> counts(kClasses, std::vector<int>(kClasses));
  for (int64_t epoch = 0; epoch < 10; ++epoch) {
    const std::vector<double> wrong = draw(0, epoch);
    for (size_t index = 0; index < wrong.size(); ++index)
      ++counts.at(static_cast<size_t>(true_labels_[index])).at(static_cast<size_t>(wrong[index]));
  }
  double chi_squared = 0;
  for (size_t label = 0; label < kClasses; ++label)
    for (size_t drawn = 0; drawn < kClasses; ++drawn) {
      if (drawn == label) {
        EXPECT_EQ(counts[label][drawn], 0);
        continue;
      }
      constexpr double kExpected = 10.0 * kBatch * kSteps / kClasses / (kClasses - 1);
      const double difference = counts[label][drawn] - kExpected;
      chi_squared += difference * difference / kExpected;
    }
  EXPECT_LT(chi_squared, 37.7) << "0.1 % of 15 degrees of freedom";
}

TEST_F(WrongLabels, AreDrawnAnewInEveryEpochFromTheSeed) {
  const std::vector<double> drawn = draw(0, 0);
  EXPECT_NE(draw(0, 1), drawn);
  EXPECT_NE(draw(1, 0), drawn);
  EXPECT_EQ(draw(0, 0), drawn);
}

}  // namespace
}  // namespace twopass::run
