#include "run/folder_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "run/files.hpp"
#include "twopass/error.hpp"

namespace twopass::run {
namespace {

// 0, or why not: EWOULDBLOCK when another process has the lock.
int take(int descriptor) {
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return 0;
    if (errno != EWOULDBLOCK && errno != EINTR) return errno;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // whoever asks is_held() has it for a moment
  }
  return EWOULDBLOCK;
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder)
    : descriptor_(::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (descriptor_ < 0)
    throw Error(
        fmt::format("cannot write into {}: {}; {}", folder.string(), std::strerror(errno), kOtherFolder));
  const int failure = take(descriptor_);
  if (failure == 0) return;
  ::close(descriptor_);
  if (failure != EWOULDBLOCK)  // a file system without locks
    throw Error(fmt::format("cannot lock {}: {}; {}", folder.string(), std::strerror(failure), kOtherFolder));
  throw Error(
      fmt::format("another process is working in {}; wait for it or {}", folder.string(), kOtherFolder));
}

FolderLock::~FolderLock() { ::close(descriptor_); }

bool FolderLock::is_held(const std::filesystem::path& folder) {
  const int descriptor = ::open((folder / "lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool held = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return held;
}

}  // namespace twopass::run
