#include "cli/crash.hpp"

#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

#include "host/at_work.hpp"

namespace twopass::cli {
namespace {

// Only what a signal handler may do.
void tell(std::string_view what) noexcept {
  const host::Plugin* plugin = host::plugin_at_work();
  if (plugin == nullptr) return;
  for (const std::string_view part : std::initializer_list<std::string_view>{
           "error: ", host::kind_name(plugin->table->kind), " '", plugin->table->name, "' ", what,
           "; `twopass plugin check ", plugin->file.path.c_str(), "` tries it part by part\n"})
    if (::write(STDERR_FILENO, part.data(), part.size()) < 0) return;
}

void on_crash(int signal) {
  tell("crashed");
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

void name_plugins_that_crash() {
  static std::array<char, 16384> stack;  // the plugin may have used up its own
  const stack_t alternative{.ss_sp = stack.data(), .ss_flags = 0, .ss_size = stack.size()};
  sigaltstack(&alternative, nullptr);
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    if (action.sa_handler != SIG_DFL) continue;  // a sanitizer's says more
    action.sa_handler = on_crash;
    action.sa_flags = SA_ONSTACK;
    sigaction(signal, &action, nullptr);
  }
  std::atexit([] { tell("ended the process"); });
}

}  // namespace twopass::cli
