#pragma once

#include <filesystem>

#include "twopass/abi.h"

namespace twopass::host {

// Loads a plugin file and calls its one symbol; what that returned is unchecked and may be nullptr. The
// library stays loaded until the process ends. Should loading change how this thread computes (flush
// denormals to zero, round another way), that is undone and a warning logged. Throws Error when the file
// cannot be loaded or has no entry.
const twopass_plugin* load_library(const std::filesystem::path& file);

}  // namespace twopass::host
