#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/exit_code.hpp"
#include "host/registry.hpp"

// Each command of `twopass` has a file of its own, which adds it to the command line and runs it. A command
// prints results to stdout and all else to stderr, and throws what main.cpp turns into messages and exit
// codes.
namespace twopass::cli {

using Command = std::function<ExitCode()>;

// What commands share, and the one that the line names.
struct Settings {
  std::vector<std::filesystem::path> plugin_path;
  bool json = false;
  Command command;

  host::Registry registry() const { return host::Registry(host::search_path(plugin_path)); }
};

// Adds a command below `parent`; `command` runs when the line names it. The caller adds its options.
CLI::App& add_command(CLI::App& parent, const char* name, const char* text, Settings& settings,
                      Command command);
// The same for a function of settings and arguments, which the options fill.
template <class Arguments>
CLI::App& add_command(CLI::App& parent, const char* name, const char* text, Settings& settings,
                      const std::shared_ptr<Arguments>& arguments,
                      ExitCode (*function)(const Settings&, const Arguments&)) {
  return add_command(parent, name, text, settings, [=, &settings] { return function(settings, *arguments); });
}
// Adds a command that only holds others.
CLI::App& add_group(CLI::App& app, const char* name, const char* text);
void add_plugin_path(CLI::App& command, Settings& settings);
void add_json(CLI::App& command, Settings& settings);

// Bytes that are no UTF-8 are replaced: names of files and what plugins say may have some.
void print_json(const nlohmann::json& json);
void print_json(const nlohmann::ordered_json& json);

// Prints what `make` makes of results, or why there are none: then nothing matched.
ExitCode print_from_results(const std::function<std::string()>& make);

void add_run_and_check(CLI::App& app, Settings& settings);
void add_sweep(CLI::App& app, Settings& settings);
void add_table(CLI::App& app, Settings& settings);
void add_report(CLI::App& app, Settings& settings);
void add_inspect(CLI::App& app, Settings& settings);
void add_schema(CLI::App& app, Settings& settings);
void add_doctor(CLI::App& app, Settings& settings);
void add_data(CLI::App& app, Settings& settings);
void add_plugin_new(CLI::App& plugin, Settings& settings);
void add_plugin_check(CLI::App& plugin, Settings& settings);

// For the shells' completion: prints, a line each, what may stand in place of the last of the words; ":files"
// stands for the shell's own completion of files. The words follow the program's name.
ExitCode complete(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace twopass::cli
