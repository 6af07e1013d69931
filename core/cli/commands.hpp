#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/exit_code.hpp"
#include "host/registry.hpp"

namespace CLI {
class App;
}

// One function per command of `twopass`. Each prints results to stdout and all else to stderr, and throws
// what main.cpp turns into messages and exit codes.
namespace twopass::cli {

struct Settings {
  std::vector<std::filesystem::path> plugin_path;
  bool json = false;

  host::Registry registry() const { return host::Registry(host::search_path(plugin_path)); }
};

struct RunArguments {
  std::filesystem::path pipeline;
  std::vector<std::string> overrides;
  std::filesystem::path results = "results";
  bool quiet = false;
};
ExitCode run(const Settings& settings, const RunArguments& arguments);
ExitCode check(const Settings& settings, const RunArguments& arguments);

struct SweepArguments {
  std::filesystem::path sweep;
  std::filesystem::path results = "results";
  int jobs = 1;
  bool failed = false, dry_run = false, quiet = false;
};
ExitCode sweep_plan(const Settings& settings, const SweepArguments& arguments);
ExitCode sweep_run(const Settings& settings, const SweepArguments& arguments);
ExitCode sweep_status(const Settings& settings, const SweepArguments& arguments);

struct TableArguments {
  std::filesystem::path definition;
  std::vector<std::filesystem::path> results;
  std::string format = "terminal";
};
inline constexpr std::array<const char*, 5> kTableFormats{"terminal", "markdown", "latex", "csv", "json"};
ExitCode table(const TableArguments& arguments);

struct InspectArguments {
  std::string what;  // "", KIND, NAME or KIND/NAME
  bool refused = false;
};
ExitCode inspect(const Settings& settings, const InspectArguments& arguments);
ExitCode schema(const Settings& settings, bool markdown);
ExitCode doctor(const Settings& settings);

struct DataArguments {
  std::vector<std::string> names;    // of datasets
  std::filesystem::path root;        // empty: the user's data folder, or for `verify` all data roots
  std::vector<std::string> mirrors;  // instead of the published ones
  bool all = false;                  // optional files, too
  int timeout = 30;                  // seconds
  bool quiet = false;
};
ExitCode data_list(const Settings& settings);
ExitCode data_get(const Settings& settings, const DataArguments& arguments);
ExitCode data_verify(const Settings& settings, const DataArguments& arguments);

struct PluginCheckArguments {
  std::filesystem::path file;
  std::vector<std::string> settings;  // "key=value", options of the plugin
  std::vector<std::string> only;      // names or groups of checks; empty: all
  double timeout = 60;                // seconds for each check
  bool list = false, in_process = false;
};
ExitCode plugin_check(const Settings& settings, const PluginCheckArguments& arguments);

struct PluginNewArguments {
  std::string kind, name;
  std::filesystem::path folder;  // empty: one of the plugin's name
};
// Writes a project of its own that builds a plugin. Refuses a folder that is there.
ExitCode plugin_new(const Settings& settings, const PluginNewArguments& arguments);

// For the shells' completion: prints, a line each, what may stand in place of the last of the words; ":files"
// stands for the shell's own completion of files. The words follow the program's name.
ExitCode complete(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace twopass::cli
