#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/registry.hpp"
#include "twopass/abi.h"

namespace twopass::pipeline {

// A plugin as the schema and the reference show it.
struct CatalogEntry {
  std::string name, summary;
  std::vector<const twopass_option*> options;  // its own
};

// Every usable plugin of the kind, by name. Loads them; those that cannot be used are left out.
std::vector<CatalogEntry> catalog(host::Registry& registry, twopass_kind kind);

// A plugin file that cannot be used.
struct Refusal {
  std::filesystem::path path;
  std::string name;    // of the plugin: its note's, or its file's
  std::string reason;  // as a sentence
};

// Those left out, of every kind: files that the host refuses, and plugins whose options no pipeline can have.
// Loads all others to know.
std::vector<Refusal> refusals(host::Registry& registry);

}  // namespace twopass::pipeline
