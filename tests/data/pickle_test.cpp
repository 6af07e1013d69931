// CIFAR-10's pickled batches: what is read, and what is refused before it could do anything.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "open_dataset.hpp"
#include "pickle_writer.hpp"
#include "support/error_of.hpp"
#include "support/temp_folder.hpp"

namespace twopass::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class PickledBatch : public testing::Test {
 protected:
  // The test batch; it is read alone.
  host::Dataset with(const std::string& pickle) const {
    write_plain(file_, {pickle.begin(), pickle.end()});
    return open_dataset("cifar10", {root_.path()});
  }
  std::string error(const std::string& pickle) const {
    std::string text = error_of([&] { with(pickle).load(Split::kTest); }, TWOPASS_CORRUPT);
    EXPECT_THAT(text, HasSubstr("the file " + file_.string() + " is corrupt: expected "));
    return text;
  }

  TempFolder root_;
  std::filesystem::path file_ = root_.path() / "cifar-10-batches-py/test_batch";
};

const std::string kPixels = pickled_pixels(0, 3);
const std::string kLabels = pickled_labels({3, 0, 9});
const std::string kData = pickled_array(3, 3072, kPixels);

TEST_F(PickledBatch, IsReadAsPython2WroteIt) {
  const host::Dataset dataset = with(pickled_batch(kLabels, kData));
  const host::ImageSet test = dataset.load(Split::kTest);
  EXPECT_THAT(test.labels, ElementsAre(3, 0, 9));
  EXPECT_TRUE(std::ranges::equal(test.pixels, colour_pixels(0, 3)));
}

// Read as code, each of these would call something.
TEST_F(PickledBatch, IsRefusedWhenItNamesWhatNoArrayNeeds) {
  const std::string found = "found the forbidden name ";
  EXPECT_THAT(error("\x80\2cos\nsystem\n"s + pickled_text("true") + "\x85R."),
              HasSubstr(found + "'os.system' at byte 2;"));
  EXPECT_THAT(error(pickled_batch("cbuiltins\neval\n" + pickled_text("1") + "\x85R", kData)),
              HasSubstr(found + "'builtins.eval' at byte 12;"));
  EXPECT_THAT(error("\x80\4\x8c\5posix\x8c\6system\x93."s), HasSubstr(found + "'posix.system' at byte 17;"));
  EXPECT_THAT(error("\x80\2cnumpy\nload\n."s), HasSubstr(found + "'numpy.load'"));
  EXPECT_THAT(error("\x80\2cnumpy.core.multiarray\n_reconstruct\n\ncos\nsystem\n."s), HasSubstr("0x0a"));
}

TEST_F(PickledBatch, IsRefusedForEveryOtherOpcode) {
  const std::string known = "(.JKMNRTUXabc}ehj]qrst)uBC\x80\x85\x86\x87\x88\x89\x8c\x8d\x8e\x93\x94\x95\x96";
  for (int opcode = 0; opcode < 256; ++opcode) {
    const char character = static_cast<char>(opcode);
    const std::string text = error("\x80\2N"s + character + std::string(300, '\0'));
    if (known.find(character) == std::string::npos)
      EXPECT_THAT(text, HasSubstr(fmt::format("found the forbidden opcode 0x{:02x} at byte 3;", opcode)));
    else
      EXPECT_THAT(text, testing::Not(HasSubstr(fmt::format("opcode 0x{:02x} at byte 3", opcode))));
  }
}

TEST_F(PickledBatch, IsRefusedWhenItIsNoSound) {
  const std::map<std::string, std::string> pickles = {
      {"", "a pickle of protocol 2 to 5, found another beginning"},
      {"<html>", "found another beginning"},
      {"\x80\1."s, "found another beginning"},
      {"\x80\6."s, "found another beginning"},
      {"\x80\2"s, "a value that breaks off at byte 2"},
      {"\x80\2."s, "an end with values left over at byte 2"},
      {"\x80\2NN."s, "an end with values left over at byte 4"},
      {"\x80\2(N."s, "an end with values left over"},
      {"\x80\2N.N"s, "more after the end"},
      {"\x80\2Ka"s, "a value that breaks off"},
      {"\x80\2T\xff\xff\xff\xff."s, "a value that breaks off at byte 2"},
      {"\x80\4\x8e\xff\xff\xff\xff\xff\xff\xff\xff."s, "a value that breaks off at byte 2"},
      {"\x80\2U\x09short"s, "a value that breaks off"},
      {"\x80\2cnumpy"s, "a name that breaks off"},
      {"\x80\2\x86."s, "an empty stack at byte 2"},
      {"\x80\2N(a."s, "an empty stack at byte 4"},
      {"\x80\2t."s, "an opcode for values after a mark and no mark"},
      {"\x80\2NNa."s, "an opcode for a list and something else"},
      {"\x80\2NNNs."s, "an opcode for a dictionary and something else"},
      {"\x80\2}(Nu."s, "a key without a value"},
      {"\x80\2NNb."s, "an opcode for an object's state and something else"},
      {"\x80\2N)R."s, "a call of something that is no name"},
      {"\x80\2cnumpy\ndtype\nNR."s, "a call of something that is no name"},
      {"\x80\2h\5."s, "a reference to nothing"},
      {"\x80\4NN\x93."s, "a name that is no text"},
  };
  for (const auto& [pickle, message] : pickles) EXPECT_THAT(error(pickle), HasSubstr(message));
  EXPECT_THAT(error("\x80\2]"s + std::string(2'000'000, 'N') + "."),
              HasSubstr("more values than any batch has"));
}

TEST_F(PickledBatch, IsRefusedWhenItIsNotTenKindsOfColourImages) {
  const std::map<std::string, std::string> pickles = {
      {"\x80\2N."s, "a dictionary with 'data' and the list 'labels'"},
      {"\x80\2}("s + pickled_text("fine_labels") + kLabels + pickled_text("data") + kData + "u.",
       "a dictionary with 'data' and the list 'labels'"},
      {pickled_batch(pickled_text("312"), kData), "the list 'labels'"},
      {pickled_batch(kLabels, kLabels), "a numpy matrix of unsigned bytes, found something else"},
      {pickled_batch(kLabels, pickled_type()), "found something else"},
      {pickled_batch(kLabels, "cnumpy.core.multiarray\n_reconstruct\n)R"), "found something else"},
      {pickled_batch(kLabels, pickled_array(3, 3072, kPixels, pickled_type("i1"))), "found the type 'i1'"},
      {pickled_batch(kLabels, pickled_array(3, 3072, kPixels, "N")), "found another type"},
      {pickled_batch(kLabels, pickled_array(4, 3072, kPixels)), "found 9216 bytes for 4x3072 elements"},
      {pickled_batch(kLabels, pickled_array(-3, -3072, kPixels)), "found another shape"},
      {pickled_batch(kLabels, pickled_array(1024, 9, kPixels)), "expected rows of 3072 pixels, found 1024x9"},
      {pickled_batch(pickled_labels({}), pickled_array(0, 3072, "")), "found 0x3072"},
      {pickled_batch(pickled_labels({1, 2}), kData), "expected 3 labels, found 2"},
      {pickled_batch(pickled_labels({1, 2, 10}), kData),
       "expected labels from 0 to 9, found 10 at position 2"},
      {pickled_batch(pickled_labels({1, -1, 2}), kData), "found -1 at position 1"},
      {pickled_batch("](K\1NK\2e", kData), "expected labels that are integers, found another value at byte"},
  };
  for (const auto& [pickle, message] : pickles) EXPECT_THAT(error(pickle), HasSubstr(message));
}

// Whatever is done to a pickle, it is read as three images or refused.
TEST_F(PickledBatch, NoSingleByteBringsDownTheReader) {
  const std::string whole = pickled_batch(kLabels, kData);
  const size_t body = whole.find(kPixels);
  for (size_t position = 0; position < whole.size(); ++position) {
    if (position == body + 20) position = body + kPixels.size();  // pixels are any bytes
    for (const int value : {0x00, 0x01, 0x2e, 0x52, 0x94, 0xff}) {
      std::string pickle = whole;
      pickle[position] = static_cast<char>(value);
      try {
        EXPECT_EQ(with(pickle).load(Split::kTest).count, 3);
      } catch (const Error& e) {
        EXPECT_EQ(e.status(), TWOPASS_CORRUPT) << position << ": " << e.what();
      }
    }
    SCOPED_TRACE(position);
    if (position % 7 == 0) error(whole.substr(0, position));
  }
}

}  // namespace
}  // namespace twopass::test
