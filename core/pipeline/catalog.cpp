#include "pipeline/catalog.hpp"

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

}  // namespace twopass::pipeline
