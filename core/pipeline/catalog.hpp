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

// Those left out, of every kind: files that the host refused, and plugins whose options no pipeline can have.
std::vector<host::Refusal> refusals(host::Registry& registry);

}  // namespace twopass::pipeline
