#include "data/unpack.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <vector>

#include "twopass/error.hpp"

namespace twopass::data {
namespace fs = std::filesystem;
namespace {

using Reader = std::unique_ptr<archive, int (*)(archive*)>;

[[noreturn]] void fail_to_write(const fs::path& file) {
  throw Error(fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)), TWOPASS_IO);
}

// Temporary files beside their final names; what has not been renamed disappears.
class Unpacked {
 public:
  explicit Unpacked(fs::path folder) : folder_(std::move(folder)) {}
  Unpacked(const Unpacked&) = delete;
  Unpacked& operator=(const Unpacked&) = delete;
  ~Unpacked() {
    std::error_code ignored;
    for (const std::string& name : names_) fs::remove(temporary(name), ignored);
  }

  fs::path temporary(const std::string& name) const { return folder_ / (name + ".part"); }
  bool has(const std::string& name) const { return std::ranges::find(names_, name) != names_.end(); }
  void add(const std::string& name) { names_.push_back(name); }
  void keep() const {
    for (const std::string& name : names_)
      if (std::rename(temporary(name).c_str(), (folder_ / name).c_str()) != 0) fail_to_write(folder_ / name);
  }

 private:
  fs::path folder_;
  std::vector<std::string> names_;
};

// Whether the whole entry was intact.
bool write_entry(archive* reader, const fs::path& file, int64_t limit) {
  const std::unique_ptr<FILE, int (*)(FILE*)> stream(std::fopen(file.c_str(), "wb"), &std::fclose);
  if (!stream) fail_to_write(file);
  std::vector<char> piece(size_t{1} << 18);
  for (int64_t size = 0;;) {
    const la_ssize_t count = archive_read_data(reader, piece.data(), piece.size());
    if (count < 0) return false;
    if (count == 0) break;
    size += count;
    if (size > limit) return false;
    const auto bytes = static_cast<size_t>(count);
    if (std::fwrite(piece.data(), 1, bytes, stream.get()) != bytes) fail_to_write(file);
  }
  if (std::fflush(stream.get()) != 0 || ::fsync(fileno(stream.get())) != 0) fail_to_write(file);
  return true;
}

const File* described(const Archive& contents, const fs::path& folder, archive_entry* entry) {
  if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_pathname(entry) == nullptr) return nullptr;
  const fs::path path = fs::path(archive_entry_pathname(entry)).lexically_normal();
  for (const File& file : contents.files)
    if (path == folder.filename() / file.name) return &file;
  return nullptr;
}

}  // namespace

std::optional<Mismatch> unpack(const fs::path& file, const Archive& contents, const fs::path& folder) {
  const Reader reader(archive_read_new(), &archive_read_free);
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_format_tar(reader.get());
  const auto damaged = [&] {
    const char* reason = archive_error_string(reader.get());
    return Mismatch{"an intact tar.gz archive",
                    fmt::format("a damaged one ({})", reason == nullptr ? "an entry is too large" : reason)};
  };
  if (archive_read_open_filename(reader.get(), file.c_str(), size_t{1} << 18) != ARCHIVE_OK) return damaged();

  Unpacked unpacked(folder);
  archive_entry* entry = nullptr;
  int status = ARCHIVE_OK;
  while ((status = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
    const File* wanted = described(contents, folder, entry);
    if (wanted == nullptr || unpacked.has(wanted->name)) continue;
    unpacked.add(wanted->name);
    // Images hardly compress: no file of an honest archive is larger than that.
    if (!write_entry(reader.get(), unpacked.temporary(wanted->name), contents.size)) return damaged();
  }
  if (status != ARCHIVE_EOF) return damaged();
  for (const File& wanted : contents.files) {
    if (!unpacked.has(wanted.name)) return Mismatch{"the file " + wanted.name, "none of that name"};
    if (auto mismatch = compare(unpacked.temporary(wanted.name), wanted))
      return Mismatch{wanted.name + " of " + mismatch->expected, mismatch->found};
  }
  unpacked.keep();
  return std::nullopt;
}

}  // namespace twopass::data
