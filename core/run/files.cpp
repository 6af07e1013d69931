#include "run/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "twopass/error.hpp"

namespace twopass::run {
namespace {

[[noreturn]] void fail_to_write(const std::filesystem::path& path) {
  const int reason = errno;
  throw Error(fmt::format("cannot write {}: {}", path.string(), std::strerror(reason)), TWOPASS_IO);
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
    if (written < 0) fail_to_write(path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

// Else a crash of the machine may leave a file without its name.
void sync_folder(const std::filesystem::path& of_file) {
  const Descriptor folder(of_file.parent_path(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder.get() >= 0) ::fsync(folder.get());
}

}  // namespace

void write_atomically(const std::filesystem::path& path, std::span<const std::string_view> pieces) {
  std::filesystem::path temporary = path;
  temporary += ".part";
  try {
    {
      const Descriptor file(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
      if (file.get() < 0) fail_to_write(path);
      for (const std::string_view piece : pieces) write_all(file, piece, path);
      if (::fsync(file.get()) != 0) fail_to_write(path);
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail_to_write(path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_folder(path);
}

void write_atomically(const std::filesystem::path& path, std::string_view content) {
  write_atomically(path, std::span(&content, 1));
}

void append_line(const std::filesystem::path& path, const std::string& line) {
  const bool is_new = ::access(path.c_str(), F_OK) != 0;
  const Descriptor file(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC);
  if (file.get() < 0) fail_to_write(path);
  write_all(file, line + '\n', path);
  if (::fsync(file.get()) != 0 && errno != EINVAL)
    fail_to_write(path);  // EINVAL: no file that could be synced
  if (is_new) sync_folder(path);
}

void create_folder(const std::filesystem::path& path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  const auto advise = [&](const char* what, const std::string& reason) {
    throw Error(fmt::format("cannot {} {}: {}; {}", what, path.string(), reason, kOtherFolder));
  };
  if (failure) advise("create", failure.message());
  if (::access(path.c_str(), W_OK) != 0) advise("write into", std::strerror(errno));
}

}  // namespace twopass::run
