#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "run/wiring.hpp"

namespace twopass::run {

// Where a result comes from, for run.json: versions, plugin files with their SHA-256, backend and machine.
// Holds the configuration's hash as `config_hash`.
nlohmann::json provenance(const Wiring& wiring);

// The plugins with which the run in a folder began and whose files are others now, "trainer 'ff', backend
// 'blas'"; empty when there are none, or no record. Takes no lock.
std::string other_builds(const std::filesystem::path& run_folder, host::Registry& registry);

}  // namespace twopass::run
