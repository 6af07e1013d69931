#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "colour_images.hpp"
#include "open_dataset.hpp"
#include "support/error_of.hpp"
#include "support/temp_folder.hpp"

namespace twopass::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Cifar10 : public testing::Test {
 protected:
  void put(const std::string& name, const Bytes& bytes) const { write_plain(root_.path() / name, bytes); }
  host::Dataset open() const { return open_dataset("cifar10", {root_.path()}); }
  std::string error(twopass_status status, Split split = Split::kTrain) const {
    return error_of([&] { open().load(split); }, status);
  }

  TempFolder root_;
};

TEST_F(Cifar10, DescribesItselfWithoutFiles) {
  const DatasetInfo info = open().describe();
  EXPECT_EQ(info.channels, 3);
  EXPECT_EQ(info.height, 32);
  EXPECT_EQ(info.width, 32);
  EXPECT_THAT(info.class_names, ElementsAre("airplane", "automobile", "bird", "cat", "deer", "dog", "frog",
                                            "horse", "ship", "truck"));
}

TEST_F(Cifar10, ReadsItsFiveBatchesInOrder) {
  write_cifar(root_.path() / "cifar-10-batches-bin", 3);
  const host::Dataset dataset = open();
  const host::ImageSet train = dataset.load(Split::kTrain), test = dataset.load(Split::kTest);
  EXPECT_THAT(train.labels, ElementsAre(0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2));
  EXPECT_TRUE(std::ranges::equal(train.pixels, colour_pixels(0, 15)));
  EXPECT_THAT(test.labels, ElementsAre(0, 1, 2));
  EXPECT_TRUE(std::ranges::equal(test.pixels, colour_pixels(15, 3)));
}

TEST_F(Cifar10, LiesInItsFolderOrInTheRoot) {
  for (const char* folder : {".", "cifar10", "CIFAR10/cifar-10-batches-bin", "cifar10/cifar-10-batches-bin",
                             "cifar-10-batches-bin"}) {
    put(std::string(folder) + "/test_batch.bin", cifar_batch(0, 1));
    EXPECT_EQ(open().load(Split::kTest).count, 1) << folder;
    std::filesystem::remove(root_.path() / folder / "test_batch.bin");
  }
}

TEST_F(Cifar10, NotFoundSaysWhatWhereAndWhatToDo) {
  const std::string text = error(TWOPASS_NOT_FOUND);
  for (const std::string part :
       {"CIFAR-10 was not found", "data_batch_1 to data_batch_5", "`twopass data get cifar10`",
        "cifar-10-batches-bin", "dataset.root", "TWOPASS_DATA_ROOT", root_.path().c_str()})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST_F(Cifar10, NamesTheBatchThatIsMissing) {
  write_cifar(root_.path() / "cifar-10-batches-bin", 2);
  std::filesystem::remove(root_.path() / "cifar-10-batches-bin/data_batch_4.bin");
  EXPECT_THAT(error(TWOPASS_NOT_FOUND),
              HasSubstr((root_.path() / "cifar-10-batches-bin").string() + " has no data_batch_4.bin; "));
  EXPECT_EQ(open().load(Split::kTest).count, 2);
  std::filesystem::remove(root_.path() / "cifar-10-batches-bin/test_batch.bin");
  EXPECT_THAT(error(TWOPASS_NOT_FOUND, Split::kTest), HasSubstr("no folder has test_batch, "));
}

TEST_F(Cifar10, IsCheckedForLengthsAndLabels) {
  const auto expect = [&](const Bytes& batch, const std::string& message) {
    write_cifar(root_.path(), 3);
    put("data_batch_2.bin", batch);
    EXPECT_THAT(error(TWOPASS_CORRUPT), HasSubstr("the file " + (root_.path() / "data_batch_2.bin").string() +
                                                  " is corrupt: " + message));
  };
  Bytes batch = cifar_batch(3, 3);
  batch.pop_back();
  expect(batch, "expected 9219 bytes, as data_batch_1.bin has, found 9218");
  expect({}, "expected 9219 bytes, as data_batch_1.bin has, found 0");
  expect(cifar_batch(3, 2), "expected 9219 bytes, as data_batch_1.bin has, found 6146");
  batch = cifar_batch(3, 3);
  batch[2 * 3073] = 10;
  expect(batch, "expected labels from 0 to 9, found 10 at position 2");
}

TEST_F(Cifar10, BlamesTheFileThatIsShort) {
  for (const std::string name : {"data_batch_1.bin", "test_batch.bin"}) {
    write_cifar(root_.path(), 3);
    put(name, cifar_batch(0, 2));
    EXPECT_THAT(error(TWOPASS_CORRUPT, name[0] == 't' ? Split::kTest : Split::kTrain),
                HasSubstr(name + " is corrupt: expected 9219 bytes, as "));
  }
}

TEST_F(Cifar10, IsCheckedForWholeRecords) {
  Bytes batch = cifar_batch(0, 3);
  batch.push_back(0);
  put("test_batch.bin", batch);
  EXPECT_THAT(error(TWOPASS_CORRUPT, Split::kTest),
              HasSubstr("expected records of 3073 bytes, found 9220 bytes"));
  put("test_batch.bin", {});
  EXPECT_THAT(error(TWOPASS_CORRUPT, Split::kTest),
              HasSubstr("expected records of 3073 bytes, found 0 bytes"));
}

}  // namespace
}  // namespace twopass::test
