#pragma once

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

}  // namespace twopass::pipeline
