#pragma once

#include <string>

#include "twopass/abi.h"

namespace twopass::host {

// Receives what plugins and the host log; `level` is a twopass_log_level. May be called from any thread.
using LogSink = void (*)(uint32_t level, const std::string& text);

// Where logs go from now on; nullptr, the state at start, drops them.
void set_log_sink(LogSink sink);

void log(uint32_t level, const std::string& text) noexcept;

// While it lives, what its thread logs begins with `subject` and a colon.
class LogSubject {
 public:
  explicit LogSubject(std::string subject);
  ~LogSubject();
  LogSubject(const LogSubject&) = delete;
  LogSubject& operator=(const LogSubject&) = delete;
};

}  // namespace twopass::host
