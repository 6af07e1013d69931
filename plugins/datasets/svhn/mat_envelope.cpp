#include "mat_envelope.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "files/dataset_files.hpp"

namespace twopass::svhn {
namespace {

using datasets::corrupt;

// "MAT-File Format", chapter 1, MathWorks.
constexpr size_t kHeaderBytes = 128;
constexpr uint32_t kMatrix = 14, kCompressed = 15;

// As much of a variable as is looked into: its first parts are flags, dimensions, name and the elements' tag.
constexpr size_t kHeadBytes = 256;
constexpr int kHeadParts = 4;

uint32_t little_endian(std::span<const uint8_t, 4> bytes) {
  return uint32_t{bytes[3]} << 24 | uint32_t{bytes[2]} << 16 | uint32_t{bytes[1]} << 8 | uint32_t{bytes[0]};
}

// A file read from front to back, never past its end.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : path_(path), stream_(path, std::ios::binary) {
    std::error_code error;
    left_ = std::filesystem::file_size(path, error);
    if (!stream_ || error)
      throw Error("the file " + path.string() + " cannot be read: " + std::strerror(errno),
                  TWOPASS_NOT_FOUND);
  }

  uint64_t left() const { return left_; }
  void read(std::span<uint8_t> target) {
    if (target.size() > left_)
      throw corrupt(path_, fmt::format("{} more bytes", target.size()), fmt::format("{}", left_));
    stream_.read(reinterpret_cast<char*>(target.data()), static_cast<std::streamsize>(target.size()));
    if (!stream_) throw corrupt(path_, "a readable file", std::strerror(errno));
    left_ -= target.size();
  }
  void skip(uint64_t count) {
    stream_.seekg(static_cast<std::streamoff>(count), std::ios::cur);
    left_ -= count;
  }

 private:
  std::filesystem::path path_;
  std::ifstream stream_;
  uint64_t left_ = 0;
};

class Inflater {
 public:
  Inflater() {
    if (inflateInit(&stream_) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  // Unpacks `input` and forgets it, but for the head. At the stream's end zlib has compared its checksum.
  int feed(std::span<uint8_t> input) {
    std::array<uint8_t, 1U << 15> unpacked;
    stream_.next_in = input.data();
    stream_.avail_in = static_cast<uInt>(input.size());
    int status = Z_OK;
    do {
      stream_.next_out = unpacked.data();
      stream_.avail_out = unpacked.size();
      status = inflate(&stream_, Z_NO_FLUSH);
      const size_t count = unpacked.size() - stream_.avail_out;
      const size_t wanted = std::min(count, kHeadBytes - head_.size());
      head_.insert(head_.end(), unpacked.begin(), unpacked.begin() + static_cast<std::ptrdiff_t>(wanted));
    } while (status == Z_OK && (stream_.avail_in > 0 || stream_.avail_out == 0));
    return status == Z_BUF_ERROR ? Z_OK : status;  // that only says that it waits for more input
  }
  uint64_t unpacked() const { return stream_.total_out; }
  std::span<const uint8_t> head() const { return head_; }

 private:
  z_stream stream_{};
  std::vector<uint8_t> head_;
};

// libmatio takes memory for whatever size these parts claim.
void check_parts(std::span<const uint8_t> head, uint64_t size, const std::filesystem::path& file) {
  for (int part = 0; part < kHeadParts && head.size() >= 8; ++part) {
    const bool is_short = (little_endian(head.first<4>()) >> 16U) != 0;  // the data lie within the tag
    const uint64_t part_size = is_short ? 0 : little_endian(head.subspan<4, 4>());
    if (size < 8 || part_size > size - 8)
      throw corrupt(file, fmt::format("parts within a variable of {} bytes", size),
                    fmt::format("one of {}", part_size));
    const uint64_t taken = 8 + (part_size + 7) / 8 * 8;
    head = head.subspan(std::min<uint64_t>(taken, head.size()));
    size -= std::min(taken, size);
  }
}

uint64_t check_compressed(Reader& reader, uint64_t size, const std::filesystem::path& file) {
  Inflater inflater;
  std::vector<uint8_t> piece;
  int status = Z_OK;
  for (uint64_t left = size; left > 0; left -= piece.size()) {
    piece.resize(std::min<uint64_t>(left, 1U << 16));
    reader.read(piece);
    if (status == Z_OK) status = inflater.feed(piece);
  }
  if (status == Z_OK) throw corrupt(file, "a complete compressed variable", "one that breaks off");
  if (status != Z_STREAM_END) throw corrupt(file, "an intact compressed variable", "a damaged one");
  const std::span<const uint8_t> head = inflater.head();
  if (head.size() < 8 || little_endian(head.first<4>()) != kMatrix)
    throw corrupt(file, "a compressed variable", "something else");
  const uint64_t content = inflater.unpacked() - 8;
  if (const uint32_t promised = little_endian(head.subspan<4, 4>()); promised > content)
    throw corrupt(file, fmt::format("a compressed variable of {} bytes", promised), std::to_string(content));
  check_parts(head.subspan(8), content, file);
  return content;
}

uint64_t check_plain(Reader& reader, uint64_t size, const std::filesystem::path& file) {
  std::array<uint8_t, kHeadBytes> buffer{};
  const std::span head = std::span(buffer).first(std::min<uint64_t>(size, kHeadBytes));
  reader.read(head);
  check_parts(head, size, file);
  reader.skip(size - head.size());
  return size;
}

}  // namespace

uint64_t check_mat_envelope(const std::filesystem::path& file) {
  Reader reader(file);
  std::array<uint8_t, kHeaderBytes> header{};
  if (reader.left() < header.size())
    throw corrupt(file, "a MATLAB 5 MAT-file", "a file that ends within its header");
  reader.read(header);
  constexpr std::array<uint8_t, 4> kVersionAndOrder = {0x00, 0x01, 'I', 'M'};
  if (!std::ranges::equal(std::span(header).last<4>(), kVersionAndOrder))
    throw corrupt(file, "a MATLAB 5 MAT-file (little-endian)", "another header");

  uint64_t unpacked = 0;
  while (reader.left() > 0) {
    std::array<uint8_t, 8> tag{};
    reader.read(tag);
    const uint32_t type = little_endian(std::span(tag).first<4>());
    const uint32_t size = little_endian(std::span(tag).last<4>());
    if (type != kMatrix && type != kCompressed)
      throw corrupt(file, "nothing but variables", fmt::format("an element of type {}", type));
    if (size > reader.left())
      throw corrupt(file, fmt::format("a variable of {} bytes", size), fmt::format("{}", reader.left()));
    unpacked += type == kCompressed ? check_compressed(reader, size, file) : check_plain(reader, size, file);
  }
  return unpacked;
}

}  // namespace twopass::svhn
