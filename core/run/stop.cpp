#include "run/stop.hpp"

#include <csignal>

namespace twopass::run {
namespace {

volatile std::sig_atomic_t signal_arrived = 0;

void on_signal(int) { signal_arrived = 1; }

void set_handler(void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

}  // namespace

StopSignals::StopSignals() {
  signal_arrived = 0;
  set_handler(on_signal, static_cast<int>(SA_RESETHAND));
}

StopSignals::~StopSignals() { set_handler(SIG_DFL, 0); }

void throw_if_stopped() {
  if (signal_arrived != 0) throw Stopped();
}

}  // namespace twopass::run
