#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/registry.hpp"

namespace twopass::pipeline {

// What may stand where `word` was begun, on a command line of `key=value` settings: whole words that begin
// with it, of which one that ends with '=' or '.' goes on. `file` is the pipeline or sweep they are for,
// which need neither be there nor be valid; `overrides` are the settings before. Of the plugins it loads the
// one that the key asks about and no other; of a sweep over several, each.
std::vector<std::string> complete_override(const std::string& word, const std::filesystem::path& file,
                                           const std::vector<std::string>& overrides,
                                           host::Registry& registry);

}  // namespace twopass::pipeline
