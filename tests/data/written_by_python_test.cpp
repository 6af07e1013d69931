// SVHN and CIFAR-10 in files that SciPy, NumPy and pickle write: the reader's formats as others understand
// them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "colour_images.hpp"
#include "open_dataset.hpp"
#include "support/temp_folder.hpp"

namespace twopass::test {
namespace {

using testing::ElementsAre;

class WrittenByPython : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_.emplace();
    const std::string command =
        std::string(PYTHON) + " " + FIXTURES + " " + folder_->path().string() + " >/dev/null";
    status_ = WEXITSTATUS(std::system(command.c_str()));
  }
  static void TearDownTestSuite() { folder_.reset(); }

  void SetUp() override {
    if (status_ == 77) GTEST_SKIP() << PYTHON << " has no SciPy; on Debian: apt install python3-scipy";
    ASSERT_EQ(status_, 0);
  }
  static host::Dataset open(const std::string& name, const std::string& folder) {
    if (name == "svhn") return open_dataset(name, {folder_->path() / folder}, {{"extra", false}});
    return open_dataset(name, {folder_->path() / folder});
  }

  static inline std::optional<TempFolder> folder_;
  static inline int status_ = -1;
};

class SvhnFiles : public WrittenByPython, public testing::WithParamInterface<const char*> {};

TEST_P(SvhnFiles, AreReadAsTheyWereMeant) {
  const host::Dataset dataset = open("svhn", GetParam());
  const host::ImageSet train = dataset.load(Split::kTrain), test = dataset.load(Split::kTest);
  EXPECT_THAT(train.labels, ElementsAre(1, 0, 2));
  EXPECT_THAT(test.labels, ElementsAre(1, 0, 3));
  EXPECT_TRUE(std::ranges::equal(train.pixels, colour_pixels(0, 3)));
  EXPECT_TRUE(std::ranges::equal(test.pixels, colour_pixels(3, 3)));
}

INSTANTIATE_TEST_SUITE_P(Scipy, SvhnFiles,
                         testing::Values("scipy-plain", "scipy-compressed", "scipy-double"));

class CifarFiles : public WrittenByPython, public testing::WithParamInterface<const char*> {};

TEST_P(CifarFiles, AreReadAsTheyWereMeant) {
  const host::Dataset dataset = open("cifar10", GetParam());
  const host::ImageSet train = dataset.load(Split::kTrain), test = dataset.load(Split::kTest);
  EXPECT_THAT(train.labels, ElementsAre(0, 9, 0, 1, 9, 0, 2, 9, 0, 3, 9, 0, 4, 9, 0));
  EXPECT_THAT(test.labels, ElementsAre(5, 9, 0));
  EXPECT_TRUE(std::ranges::equal(train.pixels, colour_pixels(0, 15)));
  EXPECT_TRUE(std::ranges::equal(test.pixels, colour_pixels(15, 3)));
}

INSTANTIATE_TEST_SUITE_P(Pickle, CifarFiles,
                         testing::Values("protocol-2", "protocol-3", "protocol-4", "protocol-5", "python-2",
                                         "columns"));

}  // namespace
}  // namespace twopass::test
