#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "idx_writer.hpp"
#include "open_dataset.hpp"
#include "support/error_of.hpp"
#include "support/temp_folder.hpp"

namespace twopass::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Bytes kTrainLabels = {5, 0, 9};
const Bytes kTestLabels = {7, 2};

void write_all(const std::filesystem::path& folder, bool gzip) {
  const auto write = [&](const std::string& name, const Bytes& bytes) {
    write_plain(folder / (gzip ? name + ".gz" : name), gzip ? compress(bytes) : bytes);
  };
  write("train-images-idx3-ubyte", images_file(3));
  write("train-labels-idx1-ubyte", labels_file(kTrainLabels));
  write("t10k-images-idx3-ubyte", images_file(2));
  write("t10k-labels-idx1-ubyte", labels_file(kTestLabels));
}

std::string not_found_text(const std::string& name, const std::vector<std::string>& roots) {
  return error_of([&] { open_dataset(name, roots).load(Split::kTrain); }, TWOPASS_NOT_FOUND);
}

struct Layout {
  std::string dataset, folder;
  bool gzip;
};

// NOLINTNEXTLINE(readability-identifier-naming): googletest looks for this name.
void PrintTo(const Layout& layout, std::ostream* stream) {
  *stream << layout.dataset << " in " << layout.folder << (layout.gzip ? ", gzip" : ", plain");
}

class LayoutTest : public testing::TestWithParam<Layout> {};

TEST_P(LayoutTest, BothSplitsAreFoundAndRead) {
  const TempFolder root;
  write_all(root.path() / GetParam().folder, GetParam().gzip);
  const host::Dataset dataset = open_dataset(GetParam().dataset, {root.path()});

  const host::ImageSet train = dataset.load(Split::kTrain);
  EXPECT_EQ(train.count, 3);
  EXPECT_THAT(train.labels, ElementsAre(5, 0, 9));
  EXPECT_TRUE(std::ranges::equal(train.pixels, test_pixels(3)));

  const host::ImageSet test = dataset.load(Split::kTest);
  EXPECT_EQ(test.count, 2);
  EXPECT_THAT(test.labels, ElementsAre(7, 2));
  EXPECT_TRUE(std::ranges::equal(test.pixels, test_pixels(2)));
}

INSTANTIATE_TEST_SUITE_P(
    All, LayoutTest,
    testing::Values(Layout{"mnist", "MNIST/raw", false}, Layout{"mnist", "MNIST/raw", true},
                    Layout{"mnist", "mnist/MNIST/raw", true}, Layout{"mnist", "mnist", false},
                    Layout{"mnist", ".", true}, Layout{"fashion_mnist", "FashionMNIST/raw", false},
                    Layout{"fashion_mnist", "fashion_mnist/FashionMNIST/raw", true},
                    Layout{"fashion_mnist", "fashion_mnist", true},
                    Layout{"fashion_mnist", "fashion-mnist", true}, Layout{"fashion_mnist", ".", false}));

TEST(IdxDataset, DescribesItselfWithoutFiles) {
  const DatasetInfo digits = open_dataset("mnist", {}).describe();
  EXPECT_EQ(digits.channels, 1);
  EXPECT_EQ(digits.height, 28);
  EXPECT_EQ(digits.width, 28);
  EXPECT_THAT(digits.class_names, ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
  EXPECT_THAT(open_dataset("fashion_mnist", {}).describe().class_names,
              ElementsAre("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
                          "Bag", "Ankle boot"));
}

TEST(IdxDataset, ImagesAndLabelsMayBeCompressedIndependently) {
  const TempFolder root;
  write_plain(root.path() / "train-images-idx3-ubyte.gz", compress(images_file(3)));
  write_plain(root.path() / "train-labels-idx1-ubyte", labels_file(kTrainLabels));
  EXPECT_EQ(open_dataset("mnist", {root.path()}).load(Split::kTrain).count, 3);
}

// Browsers unpack downloads and keep the name.
TEST(IdxDataset, TheContentsDecideWhatIsCompressed) {
  const TempFolder root;
  write_plain(root.path() / "train-images-idx3-ubyte.gz", images_file(3));
  write_plain(root.path() / "train-labels-idx1-ubyte", compress(labels_file(kTrainLabels)));
  EXPECT_EQ(open_dataset("mnist", {root.path()}).load(Split::kTrain).count, 3);
}

TEST(IdxDataset, TheFirstRootWins) {
  const TempFolder first, second;
  write_plain(first.path() / "t10k-images-idx3-ubyte", images_file(1));
  write_plain(first.path() / "t10k-labels-idx1-ubyte", labels_file({4}));
  write_all(second.path() / "MNIST/raw", false);
  const host::Dataset dataset = open_dataset("mnist", {first.path(), second.path()});
  EXPECT_THAT(dataset.load(Split::kTest).labels, ElementsAre(4));
  EXPECT_THAT(dataset.load(Split::kTrain).labels, ElementsAre(5, 0, 9));  // `first` has no such split
}

TEST(IdxDataset, AFolderWithoutLabelsIsPassedOver) {
  const TempFolder root;
  write_plain(root.path() / "MNIST/raw/train-images-idx3-ubyte", images_file(3));
  EXPECT_THAT(not_found_text("mnist", {root.path()}),
              HasSubstr((root.path() / "MNIST/raw").string() + " has no train-labels-idx1-ubyte"));
  write_all(root.path(), true);
  EXPECT_EQ(open_dataset("mnist", {root.path()}).load(Split::kTrain).count, 3);
}

TEST(IdxDataset, NotFoundSaysWhatWhereAndWhatToDo) {
  const TempFolder first, second;
  const std::string text = not_found_text("fashion_mnist", {first.path(), second.path()});
  for (const std::string part :
       {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", ".gz", "FashionMNIST/raw", "fashion-mnist",
        "apt-get install dataset-fashion-mnist", "TWOPASS_DATA_ROOT", "dataset.root", first.path().c_str(),
        second.path().c_str()})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(not_found_text("mnist", {}), HasSubstr("MNIST/raw"));
}

}  // namespace
}  // namespace twopass::test
