#pragma once

#include "host/registry.hpp"

namespace twopass::host {

// Says which plugin is at work while this object lives; the one before is at work again afterwards. For
// messages after a crash, so it holds for the process, not for a thread.
class AtWork {
 public:
  explicit AtWork(const Plugin& plugin) noexcept;
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;
  ~AtWork();

 private:
  const Plugin* before_;
};

// Null when none is. May be called from a signal handler.
const Plugin* plugin_at_work() noexcept;

}  // namespace twopass::host
