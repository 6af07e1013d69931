#include "run/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "twopass/error.hpp"

namespace twopass::run {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const char* action,
                       twopass_status status = TWOPASS_IO) {
  const int reason = errno;
  throw Error(fmt::format("cannot {} {}: {}", action, path.string(), std::strerror(reason)), status);
}

class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags) : descriptor_(::open(path.c_str(), flags, 0644)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

void write_all(const Descriptor& file, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path, "write");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

void write_atomically(const std::filesystem::path& path, std::span<const std::string_view> pieces) {
  std::filesystem::path temporary = path;
  temporary += ".part";
  try {
    {
      const Descriptor file(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
      if (file.get() < 0) fail(path, "write");
      for (const std::string_view piece : pieces) write_all(file, piece, path);
      if (::fsync(file.get()) != 0) fail(path, "write");
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail(path, "write");
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  const Descriptor folder(path.parent_path(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder.get() >= 0) ::fsync(folder.get());
}

void write_atomically(const std::filesystem::path& path, std::string_view content) {
  write_atomically(path, std::span(&content, 1));
}

void append_line(const std::filesystem::path& path, const std::string& line) {
  const Descriptor file(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC);
  if (file.get() < 0) fail(path, "write");
  write_all(file, line + '\n', path);
  if (::fsync(file.get()) != 0 && errno != EINVAL)
    fail(path, "write");  // EINVAL: no file that could be synced
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  const bool empty = file.peek() == std::ifstream::traits_type::eof();  // copying nothing counts as a failure
  if (!empty) content << file.rdbuf();
  if (!file.is_open() || file.bad() || !content) fail(path, "read", TWOPASS_NOT_FOUND);
  return std::move(content).str();
}

}  // namespace twopass::run
