#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/instance.hpp"
#include "host/registry.hpp"
#include "pipeline/option_values.hpp"

namespace twopass::conformance {

// The plugin file under check, with the option values to check it with. Runs none of its code before
// plugin() does.
class Subject {
 public:
  // `settings`: "key=value", as a pipeline's overrides without the section.
  Subject(const std::filesystem::path& file, std::vector<std::string> settings);

  const std::filesystem::path& file() const { return file_; }
  // What its note says: dataset, ...; 0 when there is no note that can be read.
  uint32_t kind() const { return kind_; }
  std::string name() const;

  // Loads it as the host does. Throws Error.
  const host::Plugin& plugin();
  // Defaults and settings. Throws pipeline::InvalidPipeline.
  const pipeline::OptionValues& values();
  const twopass_plugin& table() { return *plugin().table; }
  // A new instance with values().
  host::Instance create() { return {plugin(), values().values()}; }

 private:
  std::filesystem::path file_;
  std::vector<std::string> settings_;
  uint32_t kind_ = 0;
  std::unique_ptr<host::Registry> registry_;
  std::unique_ptr<pipeline::OptionValues> values_;
};

}  // namespace twopass::conformance
