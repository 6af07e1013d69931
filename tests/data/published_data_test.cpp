// The real datasets, where they are installed: against the published checksums of the unpacked files and the
// statistics that everyone normalises with.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "idx_writer.hpp"
#include "open_dataset.hpp"
#include "support/error_of.hpp"
#include "support/temp_folder.hpp"

namespace twopass::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> installed_roots() {
  std::vector<std::string> roots;
  if (const char* root = std::getenv("TWOPASS_DATA_ROOT"); root != nullptr && *root != '\0')
    roots.emplace_back(root);
  roots.emplace_back("/usr/share/datasets");
  return roots;
}

std::string sha256(const Bytes& bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::string text;
  for (unsigned index = 0; index < size; ++index) {
    std::array<char, 3> hexadecimal{};
    std::snprintf(hexadecimal.data(), hexadecimal.size(), "%02x", digest[index]);
    text += hexadecimal.data();
  }
  return text;
}

// The file that these images came from, rebuilt.
std::string images_sha256(const host::ImageSet& images) {
  return sha256(idx_bytes(0x803, {static_cast<uint32_t>(images.count), 28, 28},
                          {images.pixels.begin(), images.pixels.end()}));
}

std::string labels_sha256(const host::ImageSet& images) {
  return sha256(
      idx_bytes(0x801, {static_cast<uint32_t>(images.count)}, {images.labels.begin(), images.labels.end()}));
}

double mean_pixel(const host::ImageSet& images) {
  const double sum = std::accumulate(images.pixels.begin(), images.pixels.end(), 0.0);
  return sum / 255.0 / static_cast<double>(images.pixels.size());
}

class PublishedDataTest : public testing::Test {
 protected:
  // Loads both splits, or skips the test when the files are nowhere.
  void load(const std::string& name) {
    dataset_.emplace(open_dataset(name, installed_roots()));
    try {
      train_ = dataset_->load(Split::kTrain);
      test_ = dataset_->load(Split::kTest);
    } catch (const Error& e) {
      if (e.status() != TWOPASS_NOT_FOUND) throw;
      GTEST_SKIP() << e.what();
    }
  }

  std::optional<host::Dataset> dataset_;
  host::ImageSet train_, test_;
};

TEST_F(PublishedDataTest, FashionMnist) {
  load("fashion_mnist");
  if (IsSkipped()) return;
  EXPECT_EQ(train_.count, 60000);
  EXPECT_EQ(test_.count, 10000);
  EXPECT_THAT(train_.labels.first(8), ElementsAre(9, 0, 0, 3, 0, 2, 7, 2));
  for (int label = 0; label < 10; ++label) EXPECT_EQ(std::ranges::count(train_.labels, label), 6000);
  EXPECT_NEAR(mean_pixel(train_), 0.2860, 5e-5);
  EXPECT_EQ(images_sha256(train_), "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888");
  EXPECT_EQ(labels_sha256(train_), "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9");
  EXPECT_EQ(images_sha256(test_), "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b");
  EXPECT_EQ(labels_sha256(test_), "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34");
}

TEST_F(PublishedDataTest, Mnist) {
  load("mnist");
  if (IsSkipped()) return;
  EXPECT_EQ(train_.count, 60000);
  EXPECT_EQ(test_.count, 10000);
  EXPECT_THAT(train_.labels.first(8), ElementsAre(5, 0, 4, 1, 9, 2, 1, 3));
  EXPECT_THAT(test_.labels.first(8), ElementsAre(7, 2, 1, 0, 4, 1, 4, 9));
  EXPECT_NEAR(mean_pixel(train_), 0.1307, 5e-5);
  EXPECT_EQ(images_sha256(train_), "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db");
  EXPECT_EQ(labels_sha256(train_), "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5");
  EXPECT_EQ(images_sha256(test_), "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7");
  EXPECT_EQ(labels_sha256(test_), "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2");
}

// The two datasets' files have the same names: a root that is the folder of one must not pass as the other.
TEST_F(PublishedDataTest, NeitherPassesAsTheOther) {
  load("fashion_mnist");
  if (IsSkipped()) return;
  const TempFolder root;
  Bytes labels(test_.labels.begin(), test_.labels.end());
  write_plain(root.path() / "t10k-labels-idx1-ubyte", labels_file(labels));
  write_plain(root.path() / "t10k-images-idx3-ubyte", images_file(10000));
  EXPECT_EQ(open_dataset("fashion_mnist", {root.path()}).load(Split::kTest).count, 10000);
  EXPECT_THAT(error_of([&] { open_dataset("mnist", {root.path()}).load(Split::kTest); }, TWOPASS_NOT_FOUND),
              HasSubstr(root.path().string() + " holds Fashion-MNIST"));
}

}  // namespace
}  // namespace twopass::test
