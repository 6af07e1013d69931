#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/to_stderr.hpp"
#include "host/describe.hpp"
#include "host/nearest.hpp"
#include "pipeline/catalog.hpp"
#include "pipeline/plugin_options.hpp"
#include "pipeline/sections.hpp"
#include "run/capabilities.hpp"
#include "twopass/error.hpp"

namespace twopass::cli {
namespace {

struct InspectArguments {
  std::string what;  // "", KIND, NAME or KIND/NAME
  bool refused = false;
};

struct Wanted {
  std::string kind, name;  // empty: any
};

Wanted parse(const std::string& what) {
  const size_t slash = what.find('/');
  if (slash != std::string::npos) return {what.substr(0, slash), what.substr(slash + 1)};
  for (const twopass_kind kind : host::kKinds)
    if (what == host::kind_name(kind)) return {what, ""};
  return {"", what};
}

std::vector<const host::Plugin*> find(host::Registry& registry, const Wanted& wanted) {
  std::vector<const host::Plugin*> found;
  const auto load = [&](twopass_kind kind, const std::string& name) {
    try {
      found.push_back(&registry.load(kind, name));
    } catch (const Error& e) {
      if (!wanted.name.empty()) throw;
      to_stderr("warning: {}\n", e.what());  // the others of its kind are shown all the same
    }
  };
  for (const twopass_kind kind : host::kKinds) {
    if (!wanted.kind.empty() && wanted.kind != host::kind_name(kind)) continue;
    for (const std::string& name : registry.names(kind))
      if (wanted.name.empty() || wanted.name == name) load(kind, name);
  }
  return found;
}

// Those of the plugin so called, or all.
std::vector<pipeline::Refusal> refusals_of(host::Registry& registry, const std::string& name) {
  std::vector<pipeline::Refusal> refusals = pipeline::refusals(registry);
  if (!name.empty())
    std::erase_if(refusals, [&](const pipeline::Refusal& refusal) { return refusal.name != name; });
  return refusals;
}

ExitCode print_refused(host::Registry& registry, const std::string& name, bool json) {
  const std::vector<pipeline::Refusal> refusals = refusals_of(registry, name);
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const pipeline::Refusal& refusal : refusals) {
    list.push_back({{"file", refusal.path.string()}, {"reason", refusal.reason}});
    if (!json) fmt::print("{}\n  {}\n", refusal.path.string(), refusal.reason);
  }
  if (json) print_json(list);
  if (refusals.empty()) to_stderr("no plugin file{} was refused\n", name.empty() ? "" : " of '" + name + "'");
  return refusals.empty() && !name.empty() ? kNothingMatched : kDone;
}

// A value of the capabilities, for people.
std::string plain_text(const nlohmann::ordered_json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  return value.empty() ? "none" : fmt::format("{}", fmt::join(value.get<std::vector<std::string>>(), ", "));
}

void print(const host::Plugin& plugin, const std::vector<const twopass_option*>& common,
           const nlohmann::ordered_json& capabilities) {
  fmt::print("{}capabilities\n", host::describe_plugin(plugin, common));
  for (const auto& [name, value] : capabilities.items()) fmt::print("  {}  {}\n", name, plain_text(value));
}

ExitCode inspect(const Settings& settings, const InspectArguments& arguments) {
  host::Registry registry = settings.registry();
  if (arguments.refused) return print_refused(registry, parse(arguments.what).name, settings.json);
  if (arguments.what.empty()) {
    if (settings.json)
      print_json(host::describe_plugins_json(registry));
    else
      fmt::print("{}", host::describe_plugins(registry));
    return kDone;
  }
  const Wanted wanted = parse(arguments.what);
  const std::vector<const host::Plugin*> found = find(registry, wanted);
  if (found.empty()) {
    std::vector<std::string> names;
    for (const twopass_kind kind : host::kKinds)
      for (const std::string& name : registry.names(kind))
        names.push_back(wanted.kind.empty() ? name : fmt::format("{}/{}", host::kind_name(kind), name));
    const std::string suggestion = host::did_you_mean(arguments.what, names);
    to_stderr(
        "error: no plugin '{}'{} `twopass inspect` lists what there is and where it looked, --plugin-path "
        "adds a folder, `twopass inspect --failed` lists what was refused\n",
        arguments.what, suggestion.empty() ? "." : suggestion);
    for (const pipeline::Refusal& refusal : refusals_of(registry, wanted.name))
      to_stderr("{} was refused: {}\n", refusal.path.string(), refusal.reason);
    return kNothingMatched;
  }
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const host::Plugin* plugin : found) {
    const auto kind = static_cast<twopass_kind>(plugin->table->kind);
    const std::vector<const twopass_option*> common = pipeline::common_rows(pipeline::common_options(kind));
    const nlohmann::ordered_json capabilities = run::capabilities(*plugin, registry);
    if (settings.json) {
      all.push_back(host::describe_plugin_json(*plugin, common));
      all.back()["capabilities"] = capabilities;
    } else {
      if (plugin != found.front()) fmt::print("\n");
      print(*plugin, common, capabilities);
    }
  }
  if (settings.json) print_json(!wanted.name.empty() && found.size() == 1 ? all[0] : all);
  return kDone;
}

}  // namespace

void add_inspect(CLI::App& app, Settings& settings) {
  const auto arguments = std::make_shared<InspectArguments>();
  CLI::App& command = add_command(app, "inspect", "List plugins, or show one with all its options", settings,
                                  arguments, inspect);
  add_plugin_path(command, settings);
  command.add_option("plugin", arguments->what, "KIND, NAME or KIND/NAME");
  command.add_flag("--failed", arguments->refused,
                   "Files that cannot be used, of the plugin or all, with the reason");
  add_json(command, settings);
}

}  // namespace twopass::cli
