#pragma once

#include <string>
#include <vector>

#include "run/sweep_folder.hpp"

namespace twopass::run {

struct SweepOptions {
  std::vector<std::string> command;  // the program, and what goes before a run's own arguments
  std::vector<std::string> more;     // what goes after them
  int jobs = 1;                      // runs at once
  bool failed = false;               // run failures again
  bool quiet = false;
};

// Executes what is not done, each run in a process of its own: one that crashes is one failure, and the
// others go on. The caller holds the folder's lock. Throws Stopped after a signal, when all have stopped.
void execute(const SweepFolder& folder, const SweepPlan& plan, const SweepOptions& options);

}  // namespace twopass::run
