#include "run/stop.hpp"

#include <atomic>
#include <csignal>

namespace twopass::run {
namespace {

// The handler may run on any thread of the process.
std::atomic<bool> signal_arrived = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int) { signal_arrived = true; }

void set_handler(void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

}  // namespace

StopSignals::StopSignals() {
  signal_arrived = false;
  set_handler(on_signal, static_cast<int>(SA_RESETHAND));
}

StopSignals::~StopSignals() { set_handler(SIG_DFL, 0); }

bool stop_requested() { return signal_arrived; }

void throw_if_stopped() {
  if (stop_requested()) throw Stopped();
}

}  // namespace twopass::run
