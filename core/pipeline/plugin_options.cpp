#include "pipeline/plugin_options.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "host/options.hpp"
#include "host/registry.hpp"
#include "pipeline/option_check.hpp"
#include "pipeline/sections.hpp"
#include "twopass/error.hpp"

namespace twopass::pipeline {
namespace {

bool is_reserved(std::string_view name, uint32_t kind) {
  const std::span<const Option> common = common_options(static_cast<twopass_kind>(kind));
  const bool is_common =
      std::any_of(common.begin(), common.end(), [&](const Option& option) { return name == option.name; });
  return is_common || name == kPluginKey || (kind == TWOPASS_DATASET && name == kRoots);
}

void check(const twopass_option& option, const twopass_plugin& plugin) {
  const std::string kind(host::kind_name(plugin.kind));
  const std::string who = kind + " '" + plugin.name + "' is faulty: its option '" + option.name + "' ";
  if (is_reserved(option.name, plugin.kind))
    throw Error(who + "has a name that the host uses in every " + kind + " section", TWOPASS_INTERNAL,
                option.name);
  if (option.default_text == nullptr) return;
  try {
    static_cast<void>(default_value(option));
  } catch (const Error& error) {
    throw Error(who + "has an invalid default: " + error.what(), TWOPASS_INTERNAL, option.name);
  }
}

}  // namespace

std::vector<const twopass_option*> own_options(const twopass_plugin& plugin) {
  std::vector<const twopass_option*> options = host::option_rows(plugin);
  for (const twopass_option* option : options) check(*option, plugin);
  return options;
}

std::vector<const twopass_option*> common_rows(std::span<const Option> options) {
  return host::option_rows(options.data(), static_cast<uint32_t>(options.size()));
}

}  // namespace twopass::pipeline
