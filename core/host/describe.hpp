#pragma once

// What `twopass inspect` shows, as text for people and as JSON for programs.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "host/registry.hpp"

namespace twopass::host {

// Every plugin that can be loaded by kind and name, what was refused and why, what is shadowed, and where was
// searched. Loads nothing.
std::string describe_plugins(const Registry& registry);
// {"plugins": [{kind, name, version, summary, file, abi, sdk_version, toolchain}],
//  "refused": [{file, reason}], "shadowed": [{file, by}], "search_path": [...]}
nlohmann::ordered_json describe_plugins_json(const Registry& registry);

// One plugin with its options: type, range, unit, default, choices and docs; then those of `common`, which a
// pipeline's section has for every plugin of the kind.
std::string describe_plugin(const Plugin& plugin, const std::vector<const twopass_option*>& common = {});
// As an element of "plugins" above, with "options" and "common_options": [{name, type, required, default,
// minimum or exclusive_minimum, maximum or exclusive_maximum, unit, choices: [{name, doc}], doc}]; what does
// not apply is left out. A default is its YAML text.
nlohmann::ordered_json describe_plugin_json(const Plugin& plugin,
                                            const std::vector<const twopass_option*>& common = {});

}  // namespace twopass::host
