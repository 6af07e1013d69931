#include "idx/idx_file.hpp"

#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "files/dataset_files.hpp"

namespace twopass::idx {
namespace {

using datasets::corrupt;

constexpr uint32_t kUnsignedBytes = 0x08;  // third byte of the magic number; the fourth counts dimensions

// Plain and gzip-compressed files alike: zlib tells them apart by their contents.
class ByteReader {
 public:
  explicit ByteReader(const std::filesystem::path& path)
      : path_(path), file_(gzopen(path.c_str(), "rb"), &gzclose_r) {
    if (!file_)
      throw Error("the file " + path.string() + " cannot be read: " + std::strerror(errno),
                  TWOPASS_NOT_FOUND);
    gzbuffer(file_.get(), 1U << 17);
  }

  // Fills `target` as far as the file reaches; returns how many bytes that were. At most 2 GiB at once.
  size_t read(std::span<uint8_t> target) {
    const int count = gzread(file_.get(), target.data(), static_cast<unsigned>(target.size()));
    int status = Z_OK;
    const std::string text = gzerror(file_.get(), &status);
    if (status == Z_BUF_ERROR) throw corrupt(path_, "a complete gzip stream", "one that breaks off");
    if (status == Z_ERRNO) throw corrupt(path_, "a readable file", std::strerror(errno));
    if (count < 0) throw corrupt(path_, "an intact gzip stream", "a damaged one (" + text + ")");
    return static_cast<size_t>(count);
  }

 private:
  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
};

uint32_t big_endian(std::span<const uint8_t, 4> bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | uint32_t{bytes[3]};
}

uint32_t read_header_word(ByteReader& reader, const std::filesystem::path& file) {
  std::array<uint8_t, 4> bytes{};
  if (reader.read(bytes) < bytes.size()) throw corrupt(file, "an IDX header", "a file that ends within it");
  return big_endian(bytes);
}

// Grows with what the file really holds: a damaged header cannot ask for more memory than that.
std::vector<uint8_t> read_elements(ByteReader& reader, uint64_t count) {
  constexpr uint64_t kPiece = uint64_t{1} << 26;
  std::vector<uint8_t> elements;
  while (elements.size() < count) {
    const size_t before = elements.size();
    elements.resize(static_cast<size_t>(std::min(count, before + kPiece)));
    const size_t received = reader.read(std::span(elements).subspan(before));
    if (before + received == elements.size()) continue;
    elements.resize(before + received);
    break;
  }
  return elements;
}

}  // namespace

std::optional<std::filesystem::path> find_file(const std::filesystem::path& folder, const std::string& name) {
  for (const char* ending : {"", ".gz"}) {
    std::filesystem::path file = folder / (name + ending);
    if (datasets::is_file(file)) return file;
  }
  return std::nullopt;
}

std::vector<uint8_t> read_idx(const std::filesystem::path& file, std::span<const uint32_t> item_shape) {
  ByteReader reader(file);
  const uint32_t expected_magic = kUnsignedBytes << 8 | static_cast<uint32_t>(item_shape.size() + 1);
  if (const uint32_t magic = read_header_word(reader, file); magic != expected_magic)
    throw corrupt(file, fmt::format("the magic number {:#010x}", expected_magic),
                  fmt::format("{:#010x}", magic));

  const uint32_t item_count = read_header_word(reader, file);
  uint64_t bytes = item_count;
  for (const uint32_t expected : item_shape) {
    if (const uint32_t size = read_header_word(reader, file); size != expected)
      throw corrupt(file, fmt::format("items of {} bytes", fmt::join(item_shape, "x")),
                    fmt::format("a dimension of {}", size));
    bytes *= expected;
  }

  std::vector<uint8_t> elements = read_elements(reader, bytes);
  const std::string promised =
      fmt::format("{} bytes after the header, which counts {} items", bytes, item_count);
  if (elements.size() < bytes) throw corrupt(file, promised, std::to_string(elements.size()));
  // This read also makes zlib compare the checksum behind the last byte.
  std::array<uint8_t, 1> beyond{};
  if (reader.read(beyond) > 0) throw corrupt(file, promised, "more");
  return elements;
}

}  // namespace twopass::idx
