#pragma once

#include <nlohmann/json.hpp>

#include "run/wiring.hpp"

namespace twopass::run {

// Where a result comes from, for run.json: versions, plugin files with their SHA-256, backend and machine.
// Holds the configuration's hash as `config_hash`.
nlohmann::json provenance(const Wiring& wiring);

}  // namespace twopass::run
