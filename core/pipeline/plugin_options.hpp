#pragma once

#include <span>
#include <vector>

#include "twopass/abi.h"
#include "twopass/option.hpp"

namespace twopass::pipeline {

// The rows of a plugin's own option table. Throws twopass::Error (TWOPASS_INTERNAL) that names plugin and
// option when a default is invalid or a name is one of the host's: such a plugin cannot be used.
std::vector<const twopass_option*> own_options(const twopass_plugin& plugin);

// The same for one of the host's tables (sections.hpp), which are sound.
std::vector<const twopass_option*> common_rows(std::span<const Option> options);

}  // namespace twopass::pipeline
