// Files that are not what the format says. Whatever is wrong, the reader says so and names the file.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "run/files.hpp"
#include "run/safetensors.hpp"
#include "support/temp_folder.hpp"
#include "twopass/error.hpp"

namespace twopass::run {
namespace {

using testing::HasSubstr;

std::string little_endian(uint64_t value) {
  std::string bytes;
  for (int byte = 0; byte < 8; ++byte, value >>= 8) bytes += static_cast<char>(value & 0xff);
  return bytes;
}

std::string file_of(const std::string& header, size_t data_bytes) {
  return little_endian(header.size()) + header + std::string(data_bytes, '\1');
}

// "read", or why the file was refused.
std::string verdict(const std::string& bytes) {
  static const test::TempFolder folder;
  const std::filesystem::path file = folder.path() / "damaged.safetensors";
  std::ofstream(file, std::ios::binary) << bytes;
  try {
    read_safetensors(file);
    return "read";
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), TWOPASS_CORRUPT) << e.what();
    EXPECT_THAT(e.what(), HasSubstr(file.string() + " is damaged: "));
    return e.what();
  }
}

struct Damage {
  std::string name, bytes, reason;

  friend std::ostream& operator<<(std::ostream& out, const Damage& damage) { return out << damage.name; }
};

class Damaged : public testing::TestWithParam<Damage> {};

TEST_P(Damaged, IsRefusedWithTheReason) {
  EXPECT_THAT(verdict(GetParam().bytes), HasSubstr(GetParam().reason));
}

const std::string kGood = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
std::string with(const std::string& part, const std::string& other) {
  std::string header = kGood;
  return header.replace(header.find(part), part.size(), other);
}

const Damage kDamages[] = {
    {"empty", "", "shorter than its first field"},
    {"cut_in_the_first_field", "1234567", "shorter than its first field"},
    {"cut_in_the_header", file_of(kGood, 0).substr(0, 30), "header is longer than the file"},
    {"endless_header", little_endian(~uint64_t{0}) + kGood, "header is longer than the file"},
    {"cut_in_the_data", file_of(kGood, 7), "tensor 'a' does not lie where its header says"},
    {"more_data", file_of(kGood, 9), "9 bytes of data where the header promises 8"},
    {"no_header", file_of("", 0), "header cannot be read"},
    {"no_json", file_of(kGood.substr(1), 8), "header cannot be read"},
    {"a_list", file_of("[1]", 0), "header cannot be read"},
    {"metadata_of_numbers", file_of(R"({"__metadata__":{"epoch":1}})", 0), "header cannot be read"},
    {"no_type", file_of(with(R"("dtype":"F32",)", ""), 8), "header cannot be read"},
    {"other_type", file_of(with("F32", "F16"), 8), "tensor 'a' is not F32"},
    {"no_shape", file_of(with("[2]", "\"2\""), 8), "header cannot be read"},
    {"other_shape", file_of(with("[2]", "[3]"), 8), "tensor 'a' does not lie where"},
    {"negative_shape", file_of(with("[2]", "[-2]"), 8), "tensor 'a' has an impossible shape"},
    {"endless_shape", file_of(with("[2]", "[4294967296,4294967296]"), 8),
     "tensor 'a' has an impossible shape"},
    {"wrapping_size", file_of(with("[2]", "[4611686018427387906]"), 8), "tensor 'a' does not lie where"},
    {"a_hole", file_of(with("[0,8]", "[4,12]"), 12), "tensor 'a' does not lie where"},
    {"backwards", file_of(with("[0,8]", "[0,-8]"), 8), "tensor 'a' does not lie where"},
};

INSTANTIATE_TEST_SUITE_P(SafeTensors, Damaged, testing::ValuesIn(kDamages),
                         [](const auto& test) { return test.param.name; });

TEST(SafeTensors, AreReadWhenNothingIsWrong) { EXPECT_EQ(verdict(file_of(kGood, 8)), "read"); }

// Under a sanitizer this also shows reads beyond the file.
TEST(SafeTensors, SurviveEveryFlippedBit) {
  const std::string good = file_of(kGood, 8);
  int refused = 0;
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bytes = good;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    refused += verdict(bytes) != "read";
  }
  EXPECT_GT(refused, 300);
}

}  // namespace
}  // namespace twopass::run
