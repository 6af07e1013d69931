#include "host/log.hpp"

#include <atomic>

namespace twopass::host {
namespace {

std::atomic<LogSink> current_sink = nullptr;

}  // namespace

void set_log_sink(LogSink sink) { current_sink = sink; }

void log(uint32_t level, const std::string& text) noexcept {
  const LogSink sink = current_sink;
  if (sink == nullptr) return;
  try {
    sink(level, text);
  } catch (...) {  // plugins call this from C, where no exception may arrive
  }
}

}  // namespace twopass::host
