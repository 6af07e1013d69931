#pragma once

#include <chrono>

#include "conformance/check.hpp"

namespace twopass::conformance {

// Tries one check in this process, which it may take with it: for debuggers.
Verdict run_here(const Check& check, Subject& subject);
// Tries one check in a process of its own, which is killed after `limit`; a crash and a hang are verdicts.
// To be called while this process has one thread.
Verdict run_apart(const Check& check, Subject& subject, std::chrono::milliseconds limit);

}  // namespace twopass::conformance
