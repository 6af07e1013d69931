#pragma once

#include <filesystem>

namespace twopass::run {

// The right to be the one process that works in a folder, by its file `lock`. The kernel takes it back when
// the process ends, however it ends.
class FolderLock {
 public:
  // Throws Error when another process has it, or when the folder cannot be written or locked.
  explicit FolderLock(const std::filesystem::path& folder);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

  static bool is_held(const std::filesystem::path& folder);

 private:
  int descriptor_;
};

}  // namespace twopass::run
