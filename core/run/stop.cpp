#include "run/stop.hpp"

#include <atomic>
#include <csignal>

namespace twopass::run {
namespace {

// The handler may run on any thread of the process.
std::atomic<bool> signal_arrived = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void set_handler(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

void on_signal(int) {
  signal_arrived = true;
  set_handler(SIG_DFL);  // of both: whoever was not heard by one tries the other
}

}  // namespace

StopSignals::StopSignals() {
  signal_arrived = false;
  set_handler(on_signal);
}

StopSignals::~StopSignals() { set_handler(SIG_DFL); }

bool stop_requested() { return signal_arrived; }

void throw_if_stopped() {
  if (stop_requested()) throw Stopped();
}

}  // namespace twopass::run
