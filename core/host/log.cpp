#include "host/log.hpp"

#include <atomic>
#include <utility>

namespace twopass::host {
namespace {

std::atomic<LogSink> current_sink = nullptr;
thread_local std::string current_subject;

}  // namespace

void set_log_sink(LogSink sink) { current_sink = sink; }

void log(uint32_t level, const std::string& text) noexcept {
  const LogSink sink = current_sink;
  if (sink == nullptr) return;
  try {
    sink(level, current_subject.empty() ? text : current_subject + ": " + text);
  } catch (...) {  // plugins call this from C, where no exception may arrive
  }
}

LogSubject::LogSubject(std::string subject) { current_subject = std::move(subject); }
LogSubject::~LogSubject() { current_subject.clear(); }

}  // namespace twopass::host
