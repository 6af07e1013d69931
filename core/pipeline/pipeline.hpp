#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/registry.hpp"
#include "pipeline/diagnostic.hpp"
#include "pipeline/option_values.hpp"
#include "pipeline/section_check.hpp"

namespace twopass::pipeline {

// A section that names a plugin. The values are what the plugin is created with: the options that all plugins
// of its kind have (sections.hpp), then its own; a dataset's also hold the text list `roots`.
struct Section {
  std::string plugin;
  OptionValues values;
};

// A pipeline file with its overrides, checked against every plugin's option table, defaults filled in.
struct Pipeline {
  std::string name;
  uint64_t seed = 0;
  Section dataset, pretext, trainer, backend;
  std::optional<Section> transfer_dataset;  // what the probe is trained on, if not `dataset`
  OptionValues network, transfer;

  // Every option in one order and one notation, paths absolute. Loading it gives the same pipeline.
  std::string resolved_yaml;
  // SHA-256 in hex of all that determines the results: resolved_yaml without the name, the backend's
  // `threads` and `device`, and the datasets' paths.
  std::string hash;

  Positions positions;
  std::shared_ptr<const Source> source;

  // An error that a plugin raised later, at the place where the option was given, else where its section was.
  // `section` is "trainer", "network", "transfer.dataset", ...; `option` may be empty.
  Diagnostic locate(const std::string& section, const std::string& option, const std::string& message) const;
};

// Reads a pipeline file and applies the overrides (override.hpp). Loads the plugins that the pipeline names
// and no others; reads no data. Throws InvalidPipeline with everything that is wrong.
Pipeline load(const std::filesystem::path& file, const std::vector<std::string>& overrides,
              host::Registry& registry);

// The same for a text; `origin` is the file that errors name and whose folder relative paths start from.
Pipeline parse(const std::string& text, const std::string& origin, const std::vector<std::string>& overrides,
               host::Registry& registry);

// The same for a mapping that was read already, and perhaps put together from several sources.
Pipeline from_document(const YamlNode& root, host::Registry& registry);

// A plugin's section alone, with `key=value` settings whose keys are those of the section. Throws
// InvalidPipeline.
Section plugin_section(twopass_kind kind, const std::string& plugin, const std::vector<std::string>& settings,
                       host::Registry& registry);
// Every option of `network` at its default.
OptionValues default_network();

}  // namespace twopass::pipeline
