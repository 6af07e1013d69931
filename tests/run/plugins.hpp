#pragma once

#include <string>

#include "host/registry.hpp"
#include "pipeline/pipeline.hpp"

namespace twopass::run {

// The real plugins, and those of this folder.
inline host::Registry& plugins() {
  static host::Registry registry({TEST_PLUGINS, PLUGIN_FOLDER});
  return registry;
}

// A plugin with all options at their defaults, as host::Dataset, host::Pretext or host::HostDevice.
template <class Instance>
Instance make(twopass_kind kind, const std::string& name) {
  const pipeline::Section section = pipeline::plugin_section(kind, name, {}, plugins());
  return Instance(plugins().load(kind, name), section.values.values());
}

}  // namespace twopass::run
