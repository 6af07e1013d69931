#include "host/at_work.hpp"

#include <atomic>

namespace twopass::host {
namespace {

std::atomic<const Plugin*> at_work{nullptr};
static_assert(std::atomic<const Plugin*>::is_always_lock_free, "a signal handler reads it");

}  // namespace

AtWork::AtWork(const Plugin& plugin) noexcept : before_(at_work.exchange(&plugin)) {}
AtWork::~AtWork() { at_work = before_; }

const Plugin* plugin_at_work() noexcept { return at_work; }

}  // namespace twopass::host
