#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace twopass::test {

using Bytes = std::vector<uint8_t>;

// An IDX file, byte by byte as its format says; `magic` and `dimensions` may lie about the elements.
inline Bytes idx_bytes(uint32_t magic, const std::vector<uint32_t>& dimensions, const Bytes& elements) {
  Bytes bytes;
  std::vector<uint32_t> header = {magic};
  header.insert(header.end(), dimensions.begin(), dimensions.end());
  for (const uint32_t word : header)
    for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<uint8_t>(word >> shift));
  bytes.insert(bytes.end(), elements.begin(), elements.end());
  return bytes;
}

// `count` images of which no two are alike, and no two pixels of one image in a row.
inline Bytes test_pixels(uint32_t count) {
  Bytes pixels(size_t{count} * 28 * 28);
  for (size_t index = 0; index < pixels.size(); ++index)
    pixels[index] = static_cast<uint8_t>(index * 7 + index / 784);
  return pixels;
}

inline Bytes images_file(uint32_t count) {
  return idx_bytes(0x00000803, {count, 28, 28}, test_pixels(count));
}

inline Bytes labels_file(const Bytes& labels) {
  return idx_bytes(0x00000801, {static_cast<uint32_t>(labels.size())}, labels);
}

inline void write_plain(const std::filesystem::path& file, const Bytes& bytes) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream stream(file, std::ios::binary);
  for (const uint8_t byte : bytes) stream.put(static_cast<char>(byte));
  if (!stream) throw std::runtime_error("cannot write " + file.string());
}

inline Bytes compress(const Bytes& bytes) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16;
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("deflateInit2 failed");
  Bytes compressed(deflateBound(&stream, bytes.size()));
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = compressed.data();
  stream.avail_out = static_cast<uInt>(compressed.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("deflate failed");
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  return compressed;
}

}  // namespace twopass::test
