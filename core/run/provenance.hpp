#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "run/wiring.hpp"

namespace twopass::run {

// Where a result comes from, for run.json: versions, plugin files with their SHA-256, backend and machine.
// Holds the configuration's hash as `config_hash`.
nlohmann::json provenance(const Wiring& wiring);

// The plugins of such a record whose files are others now, "trainer 'ff', backend 'blas'"; empty when there
// are none.
std::string other_builds(const nlohmann::json& provenance, host::Registry& registry);

}  // namespace twopass::run
