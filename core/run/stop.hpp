#pragma once

#include <stdexcept>

namespace twopass::run {

// Thrown at the next safe point after SIGINT or SIGTERM; the last checkpoint stands.
class Stopped : public std::runtime_error {
 public:
  Stopped() : std::runtime_error("stopped by a signal") {}
};

// Takes over SIGINT and SIGTERM for its lifetime. A second signal, of either kind, ends the process at
// once.
class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();
};

bool stop_requested();
// Throws Stopped when a signal has arrived. Called between steps.
void throw_if_stopped();

}  // namespace twopass::run
