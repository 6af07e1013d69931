#pragma once

// `twopass plugin check` as its users call it.

#include "cli/workplace.hpp"

namespace twopass::cli_test {

inline const fs::path kBadPlugins = BAD_PLUGINS, kSdk10Plugins = BAD_PLUGINS "-1.0",
                      kHostTestPlugins = HOST_TEST_PLUGINS, kOwnPlugins = OWN_PLUGINS;

class Kit : public Workplace {
 protected:
  Outcome check(const fs::path& folder, const std::string& plugin,
                const std::vector<std::string>& arguments = {}) const {
    std::vector<std::string> all{"plugin", "check", (folder / (plugin + ".twopass.so")).string()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    Surroundings around = surroundings();
    // Tests run side by side: threads that wait actively would take the cores from each other.
    around.environment["OMP_WAIT_POLICY"] = "passive";
    return twopass(all, around);
  }
};

}  // namespace twopass::cli_test
