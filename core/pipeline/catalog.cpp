#include "pipeline/catalog.hpp"

#include <algorithm>

#include "pipeline/plugin_options.hpp"
#include "twopass/error.hpp"

namespace twopass::pipeline {

std::vector<CatalogEntry> catalog(host::Registry& registry, twopass_kind kind) {
  std::vector<CatalogEntry> entries;
  for (const std::string& name : registry.names(kind)) {
    try {
      const twopass_plugin& plugin = *registry.load(kind, name).table;
      entries.push_back({name, plugin.summary, own_options(plugin)});
    } catch (const Error&) {
      // Whoever names it in a pipeline is told why; the others need not care.
    }
  }
  return entries;
}

std::vector<host::Refusal> refusals(host::Registry& registry) {
  const std::vector<host::Refusal> unloadable = registry.refusals();
  std::vector<host::Refusal> result = unloadable;
  for (const twopass_kind kind : host::kKinds)
    for (const std::string& name : registry.names(kind)) {
      if (std::ranges::find(unloadable, name, &host::Refusal::name) != unloadable.end()) continue;
      const host::Plugin& plugin = registry.load(kind, name);
      try {
        own_options(*plugin.table);
      } catch (const Error& e) {
        result.push_back({plugin.file.path, name, e.what()});
      }
    }
  return result;
}

}  // namespace twopass::pipeline
