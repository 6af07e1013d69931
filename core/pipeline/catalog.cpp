#include "pipeline/catalog.hpp"

#include "host/compatibility.hpp"
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

std::vector<Refusal> refusals(host::Registry& registry) {
  std::vector<Refusal> result;
  for (const host::PluginFile& file : registry.files()) {
    const std::string name = file.note ? file.note->name : host::plugin_name_of(file.path);
    if (!file.refusal.empty()) {
      result.push_back({file.path, name, file.refusal});
    } else if (!file.shadowed_by) {
      try {
        own_options(*registry.load(static_cast<twopass_kind>(file.note->kind), name).table);
      } catch (const Error& e) {
        result.push_back({file.path, name, e.what()});
      }
    }
  }
  return result;
}

}  // namespace twopass::pipeline
