#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "mat_writer.hpp"
#include "open_dataset.hpp"
#include "support/error_of.hpp"
#include "support/temp_folder.hpp"

namespace twopass::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Bytes kLabels = {1, 10, 3};

class Svhn : public testing::Test {
 protected:
  void put(const std::string& name, const Bytes& bytes) const { write_plain(root_.path() / name, bytes); }
  host::Dataset open(bool extra = false) const {
    return open_dataset("svhn", {root_.path()}, {{"extra", extra}});
  }
  std::string error(twopass_status status, bool extra = false) const {
    return error_of([&] { open(extra).load(Split::kTrain); }, status);
  }

  TempFolder root_;
};

TEST_F(Svhn, DescribesItselfWithoutFiles) {
  const DatasetInfo info = open().describe();
  EXPECT_EQ(info.channels, 3);
  EXPECT_EQ(info.height, 32);
  EXPECT_EQ(info.width, 32);
  EXPECT_THAT(info.class_names, ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
}

TEST_F(Svhn, TurnsPlanesAndCallsLabelTenZero) {
  put("train_32x32.mat", mat_file({svhn_x(0, 3), svhn_y(kLabels)}));
  put("test_32x32.mat", mat_file({mat_compressed(svhn_x(3, 2)), mat_compressed(svhn_y({9, 10}))}));
  const host::Dataset dataset = open();
  const host::ImageSet train = dataset.load(Split::kTrain);
  EXPECT_THAT(train.labels, ElementsAre(1, 0, 3));
  EXPECT_TRUE(std::ranges::equal(train.pixels, colour_pixels(0, 3)));
  const host::ImageSet test = dataset.load(Split::kTest);
  EXPECT_THAT(test.labels, ElementsAre(9, 0));
  EXPECT_TRUE(std::ranges::equal(test.pixels, colour_pixels(3, 2)));
}

TEST_F(Svhn, TakesVariablesInAnyOrderAmongOthersAndLabelsOfClassDouble) {
  put("train_32x32.mat",
      mat_file({mat_variable("note", {1, 2}, {1, 2}), mat_variable("y", {1, 3}, kLabels, kDoubleClass),
                mat_compressed(svhn_x(0, 3))}));
  EXPECT_THAT(open().load(Split::kTrain).labels, ElementsAre(1, 0, 3));
}

TEST_F(Svhn, MayHoldOneImage) {
  put("train_32x32.mat", mat_file({mat_variable("X", {32, 32, 3}, mat_pixels(0, 1)), svhn_y({7})}));
  EXPECT_THAT(open().load(Split::kTrain).labels, ElementsAre(7));
}

TEST_F(Svhn, EndsWithTheExtraImagesIfAskedFor) {
  put("train_32x32.mat", mat_file({svhn_x(0, 3), svhn_y(kLabels)}));
  EXPECT_THAT(error(TWOPASS_NOT_FOUND, true), HasSubstr("SVHN was not found: no folder has extra_32x32.mat"));
  put("extra_32x32.mat", mat_file({svhn_x(3, 2), svhn_y({10, 5})}));
  EXPECT_EQ(open().load(Split::kTrain).count, 3);
  const host::Dataset dataset = open(true);
  const host::ImageSet train = dataset.load(Split::kTrain);
  EXPECT_THAT(train.labels, ElementsAre(1, 0, 3, 0, 5));
  EXPECT_TRUE(std::ranges::equal(train.pixels, colour_pixels(0, 5)));
}

TEST_F(Svhn, LiesInAFolderOfItsOwnOrInTheRoot) {
  put("train_32x32.mat", mat_file({svhn_x(0, 1), svhn_y({4})}));
  EXPECT_THAT(open().load(Split::kTrain).labels, ElementsAre(4));
  put("svhn/train_32x32.mat", mat_file({svhn_x(0, 1), svhn_y({5})}));
  EXPECT_THAT(open().load(Split::kTrain).labels, ElementsAre(5));
  put("SVHN/train_32x32.mat", mat_file({svhn_x(0, 1), svhn_y({6})}));
  EXPECT_THAT(open().load(Split::kTrain).labels, ElementsAre(6));
}

TEST_F(Svhn, NotFoundSaysWhatWhereAndWhatToDo) {
  const std::string text = error(TWOPASS_NOT_FOUND);
  for (const std::string part : {"train_32x32.mat", "`twopass data get svhn`", "dataset.root",
                                 "TWOPASS_DATA_ROOT", "SVHN, svhn, .", root_.path().c_str()})
    EXPECT_THAT(text, HasSubstr(part));
}

struct Damage {
  std::string name;
  Bytes bytes;
  std::string message;
};

// NOLINTNEXTLINE(readability-identifier-naming): googletest looks for this name.
void PrintTo(const Damage& damage, std::ostream* stream) { *stream << damage.name; }

Bytes without_end(Bytes bytes, size_t count) {
  bytes.resize(bytes.size() - count);
  return bytes;
}

Bytes with_byte(Bytes bytes, size_t position, uint8_t byte) {
  bytes.at(position) = byte;
  return bytes;
}

Bytes with_flipped_bit(Bytes bytes, size_t position) {
  bytes.at(position) ^= 4;
  return bytes;
}

std::vector<Damage> damages() {
  const Bytes x = svhn_x(0, 3), y = svhn_y(kLabels);
  const Bytes packed = mat_file({mat_compressed(x), mat_compressed(y)});
  const auto with_x = [&](const std::vector<uint32_t>& dimensions, uint32_t matlab_class = kUint8Class) {
    return mat_file({mat_variable("X", dimensions, mat_pixels(0, 3), matlab_class), y});
  };
  const std::string shapes = "expected 'X' of 32x32x3xN and N labels in 'y', found ";
  return {
      {"Empty", {}, "expected a MATLAB 5 MAT-file, found a file that ends within its header"},
      {"WebPage", Bytes(500, '<'), "expected a MATLAB 5 MAT-file (little-endian), found another header"},
      {"NoVariables", mat_file({}), "expected the variable 'y', found none of this name"},
      {"NoImages", mat_file({y}), "expected the variable 'X', found none of this name"},
      {"OtherLetterCase", mat_file({mat_variable("x", {32, 32, 3, 3}, mat_pixels(0, 3)), y}),
       "expected the variable 'X'"},
      {"Truncated", without_end(mat_file({y, x}), 100), "expected a variable of 9280 bytes, found 9180"},
      {"TruncatedTag", without_end(mat_file({y, x}), x.size() - 3), "expected 8 more bytes, found 3"},
      {"TruncatedCompressed", without_end(packed, mat_compressed(y).size() + 10), "expected a variable of"},
      {"FlippedBitInStream", with_flipped_bit(packed, 128 + 8 + 300),
       "expected an intact compressed variable, found a damaged one"},
      {"FlippedBitInChecksum", with_flipped_bit(packed, 128 + mat_compressed(x).size() - 1),
       "expected an intact compressed variable"},
      {"StreamBreaksOff",
       [&] {
         Bytes element = without_end(mat_compressed(x), 20);
         const Bytes size = words({static_cast<uint32_t>(element.size() - 8)});
         std::ranges::copy(size, element.begin() + 4);
         return mat_file({element, y});
       }(),
       "expected a complete compressed variable, found one that breaks off"},
      {"AbsurdPart", with_byte(mat_file({x, y}), 128 + 8 + 16 + 7, 0x7f), "found one of 2130706448"},
      // X: 16 bytes of flags, 24 of dimensions, 16 of name and 8 + 9216 of pixels: 9280 in all.
      {"AbsurdPartCompressed", mat_file({mat_compressed(with_byte(x, 8 + 16 + 7, 0x7f)), y}),
       "expected parts within a variable of 9264 bytes, found one of 2130706448"},
      {"AbsurdSizeCompressed", mat_file({mat_compressed(with_byte(x, 7, 0x7f)), y}),
       "expected a compressed variable of 2130715712 bytes, found 9280"},
      {"NotEvenAVariable", mat_file({mat_compressed(Bytes(100)), y}),
       "expected a compressed variable, found"},
      {"NotAVariable", mat_file({mat_element(2, {1, 2, 3}), x, y}),
       "expected nothing but variables, found an element of type 2"},
      {"ChannelsFirst", with_x({3, 32, 32, 3}), shapes + "3x32x32x3 and 3 labels"},
      {"ImagesFirst", with_x({3, 3, 32, 32}), shapes + "3x3x32x32 and 3 labels"},
      {"OtherSize", mat_file({mat_variable("X", {28, 28, 1, 3}, Bytes(28 * 28 * 3)), y}),
       shapes + "28x28x1x3 and 3 labels"},
      {"OneLabelShort", mat_file({x, svhn_y({1, 2})}), shapes + "32x32x3x3 and 2 labels"},
      {"NoLabels", mat_file({x, svhn_y({})}), shapes + "32x32x3x3 and 0 labels"},
      {"FloatImages", with_x({32, 32, 3, 3}, kDoubleClass), "expected 'X' to be of class uint8"},
      {"SignedLabels", mat_file({x, mat_variable("y", {3, 1}, kLabels, kInt8Class)}),
       "expected 'y' to be of class uint8 or double"},
      {"LabelZero", mat_file({x, svhn_y({1, 0, 3})}),
       "expected labels from 1 to 10, which is the digit 0, found 0 at position 1"},
      {"LabelEleven", mat_file({x, svhn_y({1, 2, 11})}), "found 11 at position 2"},
      {"AbsurdCount", mat_file({mat_variable("y", {1U << 30, 1}, kLabels), x}),
       "elements in 'y', found 1073741824x1"},
  };
}

class SvhnDamage : public Svhn, public testing::WithParamInterface<Damage> {};

TEST_P(SvhnDamage, IsReportedWithFileAndFinding) {
  put("train_32x32.mat", GetParam().bytes);
  const std::string text = error(TWOPASS_CORRUPT);
  EXPECT_THAT(text, HasSubstr("the file " + (root_.path() / "train_32x32.mat").string() + " is corrupt: "));
  EXPECT_THAT(text, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(All, SvhnDamage, testing::ValuesIn(damages()),
                         [](const auto& instance) { return instance.param.name; });

// Whatever is done to a file, it is read as three images or refused.
TEST_F(Svhn, NoSingleByteBringsDownTheReader) {
  const Bytes whole = mat_file({mat_compressed(svhn_y(kLabels)), svhn_x(0, 3)});
  for (size_t position = 0; position < 400; ++position) {
    for (const int value : {0x00, 0x01, 0x7f, 0xff}) {
      Bytes bytes = whole;
      bytes[position] = static_cast<uint8_t>(value);
      put("train_32x32.mat", bytes);
      try {
        EXPECT_EQ(open().load(Split::kTrain).count, 3);
      } catch (const Error& e) {
        EXPECT_EQ(e.status(), TWOPASS_CORRUPT) << position << ": " << e.what();
      }
    }
  }
}

}  // namespace
}  // namespace twopass::test
