#include "run/safetensors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "pipeline/read_file.hpp"
#include "run/files.hpp"
#include "support/temp_folder.hpp"

namespace twopass::run {
namespace {

using Json = nlohmann::ordered_json;

class SafeTensorsFile : public testing::Test {
 protected:
  std::string bytes_of(const SafeTensors& content) const {
    write_safetensors(file_, content);
    return pipeline::read_file(file_);
  }

  test::TempFolder folder_;
  std::filesystem::path file_ = folder_.path() / "model.safetensors";
  const SafeTensors sample_{{{"format", "pt"}, {"note", "\"quoted\", \xc3\xa9"}},
                            {{"layers.1.weight", {2, 3}, {1, 2, 3, 4, 5, 6}},
                             {"layers.0.bias", {2}, {0.5F, -0.25F}},
                             {"layers.10.bias", {1}, {7}}}};
};

TEST_F(SafeTensorsFile, KeepsEveryBit) {
  using Limits = std::numeric_limits<float>;
  SafeTensors content = sample_;
  content.tensors = {{"odd",
                      {7},
                      {-0.0F, Limits::denorm_min(), Limits::max(), Limits::infinity(), -Limits::infinity(),
                       std::bit_cast<float>(0x7fc12345U), 1.0F / 3}}};
  write_safetensors(file_, content);
  const SafeTensors read = read_safetensors(file_);
  EXPECT_EQ(read.metadata, content.metadata);
  ASSERT_EQ(read.tensors.size(), 1U);
  EXPECT_EQ(read.tensors[0].name, "odd");
  EXPECT_EQ(read.tensors[0].shape, std::vector<int64_t>{7});
  EXPECT_EQ(std::memcmp(read.tensors[0].values.data(), content.tensors[0].values.data(), 28), 0);
}

// "8 bytes N, an unsigned little-endian 64-bit integer, containing the size of the header; N bytes, a JSON
// UTF-8 string representing the header, [which] MUST begin with a { character and MAY be trailing padded with
// whitespace (0x20); rest of the file: byte-buffer", which the offsets index, without holes.
TEST_F(SafeTensorsFile, HasThePublishedLayout) {
  const std::string bytes = bytes_of(sample_);
  uint64_t header_size = 0;
  for (size_t byte = 8; byte > 0; --byte)
    header_size = header_size << 8 | static_cast<uint8_t>(bytes.at(byte - 1));
  EXPECT_EQ(header_size % 8, 0U) << "the data is aligned";
  const std::string header_text = bytes.substr(8, header_size);
  EXPECT_EQ(header_text.front(), '{');
  EXPECT_EQ(header_text.find_last_not_of(' '), header_text.rfind('}'));

  const Json header = Json::parse(header_text);
  std::vector<std::string> names;
  size_t end = 0;
  for (const auto& [name, entry] : header.items()) {
    names.push_back(name);
    if (name == "__metadata__") continue;
    EXPECT_EQ(entry["dtype"], "F32");
    EXPECT_EQ(entry["data_offsets"][0], end);
    end = entry["data_offsets"][1].get<size_t>();
  }
  EXPECT_THAT(names,
              testing::ElementsAre("__metadata__", "layers.0.bias", "layers.1.weight", "layers.10.bias"));
  EXPECT_EQ(bytes.size(), 8 + header_size + end);
  EXPECT_EQ(header["__metadata__"]["note"], sample_.metadata.at("note"));
  EXPECT_EQ(header["layers.1.weight"]["shape"], Json({2, 3}));
  EXPECT_EQ(header["layers.1.weight"]["data_offsets"], Json({8, 32}));
  // 0.5 and 1 as IEEE 754 binary32, little-endian.
  EXPECT_EQ(bytes.substr(8 + header_size, 4), std::string("\0\0\0\x3f", 4));
  EXPECT_EQ(bytes.substr(8 + header_size + 8, 4), std::string("\0\0\x80\x3f", 4));
}

// What the reference writer makes of the same: its field order, no spaces, padding to 8 bytes.
TEST_F(SafeTensorsFile, IsTheReferenceWritersByteForByte) {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}   )";
  ASSERT_EQ(header.size(), 88U);
  EXPECT_EQ(bytes_of({{{"format", "pt"}}, {{"a", {2}, {0, 0}}}}),
            std::string("\x58\0\0\0\0\0\0\0", 8) + header + std::string(8, '\0'));
}

TEST_F(SafeTensorsFile, DependsOnTheContentAlone) {
  SafeTensors other_order = sample_;
  std::swap(other_order.tensors[0], other_order.tensors[2]);
  EXPECT_EQ(bytes_of(sample_), bytes_of(other_order));
}

TEST_F(SafeTensorsFile, MayHoldNothing) {
  write_safetensors(file_, {});
  EXPECT_TRUE(read_safetensors(file_).tensors.empty());
}

TEST_F(SafeTensorsFile, IsReadByAnIndependentReader) {
  write_safetensors(file_, sample_);
  const std::string command = std::string(PYTHON) + " " + READER + " " + file_.string();
  FILE* output = popen(command.c_str(), "r");
  ASSERT_NE(output, nullptr);
  std::string text;
  std::array<char, 4096> buffer{};
  while (const size_t size = fread(buffer.data(), 1, buffer.size(), output)) text.append(buffer.data(), size);
  ASSERT_EQ(pclose(output), 0) << text;
  EXPECT_EQ(text,
            "{\"format\": \"pt\", \"note\": \"\\\"quoted\\\", \\u00e9\"}\n"
            "layers.0.bias [2] 0000003f000080be\n"
            "layers.1.weight [2, 3] 0000803f000000400000404000008040"
            "0000a0400000c040\n"
            "layers.10.bias [1] 0000e040\n");
}

}  // namespace
}  // namespace twopass::run
