#include "run/progress_display.hpp"

#include <unistd.h>

#include <cstdio>

#include "run/files.hpp"

namespace twopass::run {
namespace {

constexpr auto kTerminalPeriod = std::chrono::milliseconds(200);
constexpr auto kPlainPeriod = std::chrono::seconds(30);

}  // namespace

ProgressDisplay::ProgressDisplay(bool quiet)
    : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) != 0), last_(Clock::now()) {}

ProgressDisplay::~ProgressDisplay() { clear_live_line(); }

void ProgressDisplay::update(const std::function<std::string()>& text) {
  if (quiet_) return;
  const Clock::time_point now = Clock::now();
  if (now - last_ < (terminal_ ? Clock::duration(kTerminalPeriod) : Clock::duration(kPlainPeriod))) return;
  if (!terminal_) return print(text());
  last_ = now;
  live_line_ = true;
  std::fprintf(stderr, "\r\033[K%s", text().c_str());
  std::fflush(stderr);
}

void ProgressDisplay::line(const std::string& text) {
  if (!quiet_) print(text);
  log(text);
}

void ProgressDisplay::warning(const std::string& text) {
  print("warning: " + text);
  log("warning: " + text);
}

void ProgressDisplay::log(const std::string& text) const {
  if (!log_.empty()) append_line(log_, text);
}

void ProgressDisplay::print(const std::string& text) {
  clear_live_line();
  std::fprintf(stderr, "%s\n", text.c_str());
  last_ = Clock::now();
}

void ProgressDisplay::clear_live_line() {
  if (!live_line_) return;
  std::fprintf(stderr, "\r\033[K");
  live_line_ = false;
}

}  // namespace twopass::run
