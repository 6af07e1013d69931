#include "cli/commands.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/to_stderr.hpp"
#include "report/run_folder.hpp"
#include "twopass/error.hpp"

namespace twopass::cli {
namespace {

template <class Json>
void print(const Json& json) {
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

CLI::App& add_command(CLI::App& parent, const char* name, const char* text, Settings& settings,
                      Command command) {
  CLI::App& added = *parent.add_subcommand(name, text);
  added.callback([&settings, command = std::move(command)] { settings.command = command; });
  return added;
}

CLI::App& add_group(CLI::App& app, const char* name, const char* text) {
  return *app.add_subcommand(name, text)->require_subcommand(1);
}

void add_plugin_path(CLI::App& command, Settings& settings) {
  command
      .add_option("--plugin-path", settings.plugin_path, "Folder with plugins, before all others; repeatable")
      ->allow_extra_args(false)
      ->check(CLI::ExistingDirectory);
}

void add_json(CLI::App& command, Settings& settings) {
  command.add_flag("--json", settings.json, "JSON on stdout");
}

void print_json(const nlohmann::json& json) { print(json); }
void print_json(const nlohmann::ordered_json& json) { print(json); }

ExitCode print_from_results(const std::function<std::string()>& make) {
  try {
    fmt::print("{}", make());
  } catch (const report::NothingMatched& e) {
    to_stderr("error: {}\n", e.what());
    return kNothingMatched;
  }
  return kDone;
}

}  // namespace twopass::cli
