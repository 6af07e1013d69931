#include "run/folder_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "twopass/error.hpp"

namespace twopass::run {
namespace {

// Whoever asks is_held() has the lock for a moment.
bool take(int descriptor) {
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder, const std::string& advice)
    : descriptor_(::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (descriptor_ < 0)
    throw Error(fmt::format("cannot write into {}: {}; {}", folder.string(), std::strerror(errno), advice));
  if (take(descriptor_)) return;
  ::close(descriptor_);
  throw Error(fmt::format("another process is working in {}; wait for it or {}", folder.string(), advice));
}

FolderLock::~FolderLock() { ::close(descriptor_); }

bool FolderLock::is_held(const std::filesystem::path& folder) {
  const int descriptor = ::open((folder / "lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool held = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0;
  ::close(descriptor);
  return held;
}

}  // namespace twopass::run
