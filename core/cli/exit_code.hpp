#pragma once

namespace twopass::cli {

// What the command's exit status means; scripts rely on it.
enum ExitCode : int {
  kDone = 0,
  kFailed = 1,          // a run or a check failed
  kInvalid = 2,         // usage or configuration; nothing was started
  kInternal = 3,        // a bug in twopass or a plugin
  kDataMissing = 4,     // data missing or corrupt
  kNothingMatched = 5,  // no such run or plugin
  kStopped = 75         // stopped by a signal after a checkpoint; run again to go on
};

}  // namespace twopass::cli
