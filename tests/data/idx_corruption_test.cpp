#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "idx_writer.hpp"
#include "open_dataset.hpp"
#include "support/error_of.hpp"
#include "support/temp_folder.hpp"

namespace twopass::test {
namespace {

using testing::HasSubstr;

Bytes without_end(Bytes bytes, size_t count) {
  bytes.resize(bytes.size() - count);
  return bytes;
}

Bytes with_end(Bytes bytes, uint8_t byte) {
  bytes.push_back(byte);
  return bytes;
}

Bytes with_flipped_bit(Bytes bytes, size_t from_end) {
  bytes[bytes.size() - from_end] ^= 1;
  return bytes;
}

// A file that replaces the intact one of three images or three labels, and what the error must say of it.
struct Corruption {
  std::string name;
  std::string file;
  Bytes bytes;
  std::string expected, found;
};

// NOLINTNEXTLINE(readability-identifier-naming): googletest looks for this name.
void PrintTo(const Corruption& corruption, std::ostream* stream) { *stream << corruption.name; }

const std::string kImages = "train-images-idx3-ubyte";
const std::string kLabels = "train-labels-idx1-ubyte";
const Bytes kThreeLabels = labels_file({5, 0, 9});

std::vector<Corruption> corruptions() {
  return {
      {"Empty", kImages, {}, "an IDX header", "a file that ends within it"},
      {"HeaderCut", kImages, {0, 0, 8, 3, 0, 0}, "an IDX header", "a file that ends within it"},
      {"LabelsForImages", kImages, kThreeLabels, "0x00000803", "0x00000801"},
      {"LittleEndian", kImages, idx_bytes(0x03080000, {3, 28, 28}, test_pixels(3)), "0x00000803",
       "0x03080000"},
      {"Floats", kImages, idx_bytes(0x00000d03, {3, 28, 28}, test_pixels(12)), "0x00000803", "0x00000d03"},
      {"WebPage", kImages, {'<', 'h', 't', 'm', 'l', '>'}, "0x00000803", "0x3c68746d"},
      {"OtherSize", kImages, idx_bytes(0x803, {3, 32, 32}, Bytes(3 * 32 * 32)), "28x28", "a dimension of 32"},
      {"Transposed", kImages, idx_bytes(0x803, {28, 28, 3}, test_pixels(3)), "28x28", "a dimension of 3"},
      {"Truncated", kImages, without_end(images_file(3), 1), "2352 bytes", "2351"},
      {"TooLong", kImages, with_end(images_file(3), 0), "2352 bytes", "more"},
      {"AbsurdCount", kImages, idx_bytes(0x803, {0xffffffff, 28, 28}, test_pixels(3)), "3367254359280 bytes",
       "2352"},
      {"NoImages", kImages, images_file(0), "at least one image", "none"},
      {"LabelsTruncated", kLabels, without_end(kThreeLabels, 2), "3 bytes", "1;"},
      {"LabelsTooLong", kLabels, with_end(kThreeLabels, 1), "3 bytes", "more"},
      {"LabelOutOfRange", kLabels, labels_file({5, 10, 9}), "labels from 0 to 9", "10 at position 1"},
      {"LabelMissing", kLabels, labels_file({5, 0}), "3 labels", "2;"},
      {"GzipCut", kImages + ".gz", without_end(compress(images_file(3)), 20), "a complete gzip stream",
       "breaks off"},
      {"GzipWithoutTrailer", kImages + ".gz", without_end(compress(images_file(3)), 8),
       "a complete gzip stream", "breaks off"},
      {"GzipChecksum", kImages + ".gz", with_flipped_bit(compress(images_file(3)), 8),
       "an intact gzip stream", "incorrect data check"},
      {"GzipLength", kImages + ".gz", with_flipped_bit(compress(images_file(3)), 4), "an intact gzip stream",
       "incorrect length check"},
      {"GzipBody", kImages + ".gz", with_flipped_bit(compress(images_file(3)), 100), "an intact gzip stream",
       "damaged"},
      {"GzipTooLong", kImages + ".gz", compress(with_end(images_file(3), 0)), "2352 bytes", "more"},
      {"GzipLabelsCut", kLabels + ".gz", without_end(compress(kThreeLabels), 1), "a complete gzip stream",
       "breaks off"},
  };
}

class CorruptionTest : public testing::TestWithParam<Corruption> {};

TEST_P(CorruptionTest, IsReportedWithFileExpectationAndFinding) {
  const Corruption& corruption = GetParam();
  const TempFolder root;
  const std::filesystem::path bad = root.path() / corruption.file;
  write_plain(bad, corruption.bytes);
  if (!corruption.file.starts_with(kImages)) write_plain(root.path() / kImages, images_file(3));
  if (!corruption.file.starts_with(kLabels)) write_plain(root.path() / kLabels, kThreeLabels);
  const std::string text =
      error_of([&] { open_dataset("mnist", {root.path()}).load(Split::kTrain); }, TWOPASS_CORRUPT);
  EXPECT_THAT(text, HasSubstr(bad.string() + " is corrupt"));
  const size_t found = text.find(", found ");
  ASSERT_NE(found, std::string::npos) << text;
  EXPECT_THAT(text.substr(0, found), HasSubstr(corruption.expected));
  EXPECT_THAT(text.substr(found), HasSubstr(corruption.found));
}

INSTANTIATE_TEST_SUITE_P(All, CorruptionTest, testing::ValuesIn(corruptions()),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace twopass::test
