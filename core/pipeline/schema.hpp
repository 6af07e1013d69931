#pragma once

#include <nlohmann/json_fwd.hpp>

#include "host/registry.hpp"

namespace twopass::pipeline {

// JSON Schema (draft 7) of a pipeline file, from the option tables of the host and of every plugin that the
// registry can load, for completion and checks in editors. Plugins that cannot be used are left out.
nlohmann::ordered_json schema(host::Registry& registry);

}  // namespace twopass::pipeline
