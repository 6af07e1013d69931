#pragma once

#include <gtest/gtest.h>

#include "backend_under_test.hpp"

namespace twopass::test {

// The backend, or null where there is no device for it: the test is skipped then, and has to return.
inline std::unique_ptr<host::HostDevice> open_or_skip(const std::string& name, const Settings& settings,
                                                      host::Registry& registry = plugins()) {
  try {
    return open_backend(name, settings, registry);
  } catch (const Error& e) {
    if (e.status() != TWOPASS_UNAVAILABLE) throw;
    [&] { GTEST_SKIP() << e.what(); }();
    return nullptr;
  }
}

}  // namespace twopass::test
