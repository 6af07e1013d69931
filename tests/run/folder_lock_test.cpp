#include "run/folder_lock.hpp"

#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "support/error_of.hpp"
#include "support/temp_folder.hpp"

namespace {
int flock_failure = 0;
}

// In place of the C library's: some file systems have no locks.
extern "C" int flock(int descriptor, int operation) noexcept {
  if (flock_failure == 0) return static_cast<int>(::syscall(SYS_flock, descriptor, operation));
  errno = flock_failure;
  return -1;
}

namespace twopass::run {
namespace {

class Lock : public testing::Test {
 protected:
  ~Lock() override { flock_failure = 0; }

  // What is said to who cannot have the lock.
  std::string refusal() const {
    return test::error_of([&] { const FolderLock lock(folder_.path()); });
  }

  test::TempFolder folder_;
};

TEST_F(Lock, IsForOneAtATime) {
  std::optional<FolderLock> lock(std::in_place, folder_.path());
  EXPECT_TRUE(FolderLock::is_held(folder_.path()));
  EXPECT_EQ(refusal(), "another process is working in " + folder_.path().string() +
                           "; wait for it or choose another folder with --results");
  lock.reset();
  EXPECT_FALSE(FolderLock::is_held(folder_.path()));
  EXPECT_EQ(refusal(), "no error");
}

TEST_F(Lock, OfAFileSystemWithoutLocksIsHeldByNobody) {
  ASSERT_EQ(refusal(), "no error");  // leaves its file
  flock_failure = ENOLCK;
  EXPECT_FALSE(FolderLock::is_held(folder_.path()));
  EXPECT_EQ(refusal(), "cannot lock " + folder_.path().string() +
                           ": No locks available; choose another folder with --results");
}

}  // namespace
}  // namespace twopass::run
