#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <set>
#include <string_view>

#include "cli/commands.hpp"
#include "host/instance.hpp"
#include "pipeline/diagnostic.hpp"
#include "run/stop.hpp"
#include "twopass/error.hpp"
#include "twopass/plugin.hpp"

namespace twopass::cli {
namespace {

ExitCode exit_code(twopass_status status) {
  switch (status) {
    case TWOPASS_NOT_FOUND:
    case TWOPASS_CORRUPT:
      return kDataMissing;
    case TWOPASS_INTERNAL:
      return kInternal;
    case TWOPASS_OUT_OF_MEMORY:
    case TWOPASS_IO:
    case TWOPASS_FAILED:
      return kFailed;
    default:
      return kInvalid;
  }
}

// Runs a command; whatever it throws becomes a message on stderr and an exit code.
ExitCode guarded(const std::function<ExitCode()>& command) {
  try {
    const ExitCode code = command();
    if (std::fflush(stdout) != 0)
      throw Error(fmt::format("cannot write to standard output: {}", std::strerror(errno)), TWOPASS_IO);
    return code;
  } catch (const pipeline::InvalidPipeline& e) {
    fmt::print(stderr, "{}\n", e.what());
    return kInvalid;
  } catch (const run::Stopped&) {
    fmt::print(stderr, "stopped; the same command goes on from the last checkpoint\n");
    return kStopped;
  } catch (const Error& e) {
    fmt::print(stderr, "error: {}\n", e.what());
    return exit_code(e.status());
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "error: out of memory; a smaller network or batch_size needs less\n");
    return kFailed;
  } catch (const std::exception& e) {
    fmt::print(stderr, "internal error: {}\n", e.what());
    return kInternal;
  } catch (...) {
    fmt::print(stderr, "internal error: something was thrown that is no exception\n");
    return kInternal;
  }
}

// Once each: a pipeline's plugins are made twice, first on paper.
void log_plugin_message(uint32_t level, const std::string& text) {
  static std::set<std::string> told;
  if (!told.insert(text).second) return;
  const char* live_line_away = isatty(STDERR_FILENO) != 0 ? "\r\033[K" : "";
  fmt::print(stderr, "{}{}{}\n", live_line_away, level == TWOPASS_LOG_WARNING ? "warning: " : "", text);
}

}  // namespace
}  // namespace twopass::cli

int main(int argc, char** argv) {
  using namespace twopass::cli;
  twopass::host::set_log_sink(log_plugin_message);
  // Before a backend brings in libgomp: by default its threads spin for milliseconds at each barrier, which
  // makes a run several times slower as soon as anything else wants a core. So few spins cost nothing on an
  // idle machine.
  setenv("GOMP_SPINCOUNT", "300", 0);

  CLI::App app{"twopass: Forward-Forward and backpropagation, compared on self-supervised tasks"};
  app.set_version_flag("--version", std::string("twopass ") + TWOPASS_SDK_VERSION);
  app.require_subcommand(1);
  Settings settings;
  std::function<ExitCode()> command;
  const auto add_to = [&](CLI::App& parent, const char* name, const char* text,
                          std::function<ExitCode()> body) {
    CLI::App* subcommand = parent.add_subcommand(name, text);
    subcommand
        ->add_option("--plugin-path", settings.plugin_path,
                     "Folder with plugins, before all others; repeatable")
        ->allow_extra_args(false);
    subcommand->callback([&command, body = std::move(body)] { command = body; });
    return subcommand;
  };
  const auto add = [&](const char* name, const char* text, std::function<ExitCode()> body) {
    return add_to(app, name, text, std::move(body));
  };
  const auto add_json = [&](CLI::App* subcommand) {
    subcommand->add_flag("--json", settings.json, "JSON on stdout");
  };

  RunArguments run_arguments;
  const auto add_pipeline = [&](CLI::App* subcommand) {
    subcommand->add_option("pipeline", run_arguments.pipeline, "Pipeline file (YAML)")->required();
    subcommand->add_option("overrides", run_arguments.overrides, "Changes to it, such as trainer.epochs=5");
    add_json(subcommand);
  };
  CLI::App* run_command =
      add("run", "Run a pipeline: pretrain, score, probe", [&] { return run(settings, run_arguments); });
  add_pipeline(run_command);
  run_command->add_option("--results", run_arguments.results, "Folder for results")->capture_default_str();
  run_command->add_flag("--quiet", run_arguments.quiet, "No progress on stderr");
  add_pipeline(add("check", "Check a pipeline on paper and print its chain of shapes",
                   [&] { return check(settings, run_arguments); }));

  SweepArguments sweep_arguments;
  CLI::App* sweep_command = app.add_subcommand("sweep", "Plan and run a grid of pipelines times seeds");
  sweep_command->require_subcommand(1);
  const auto add_sweep = [&](const char* name, const char* text, auto* function) {
    CLI::App* subcommand =
        add_to(*sweep_command, name, text, [&, function] { return function(settings, sweep_arguments); });
    subcommand->add_option("sweep", sweep_arguments.sweep, "Sweep file (YAML)")->required();
    subcommand->add_option("--results", sweep_arguments.results, "Folder for results")->capture_default_str();
    add_json(subcommand);
    return subcommand;
  };
  add_sweep("plan", "Check and freeze every run, start none", sweep_plan);
  CLI::App* sweep_run_command = add_sweep("run", "Run what is not done yet", sweep_run);
  sweep_run_command->add_option("-j,--jobs", sweep_arguments.jobs, "Runs at once")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  sweep_run_command->add_flag("--failed", sweep_arguments.failed, "Run failures again as well");
  sweep_run_command->add_flag("--dry-run", sweep_arguments.dry_run, "Start nothing; list all runs");
  sweep_run_command->add_flag("--quiet", sweep_arguments.quiet, "No progress on stderr");
  add_sweep("status", "Say how far every run is", sweep_status);

  TableArguments table_arguments;
  CLI::App* table_command = add("table", "Make a table from results", [&] { return table(table_arguments); });
  table_command->add_option("definition", table_arguments.definition, "Table definition (YAML)")->required();
  table_command->add_option("results", table_arguments.results, "Folders with results")->required();
  table_command->add_option("--format", table_arguments.format, "How to write it")
      ->check(CLI::IsMember(std::vector<std::string>(kTableFormats.begin(), kTableFormats.end())))
      ->capture_default_str();

  InspectArguments inspect_arguments;
  CLI::App* inspect_command = add("inspect", "List plugins, or show one with all its options",
                                  [&] { return inspect(settings, inspect_arguments); });
  inspect_command->add_option("plugin", inspect_arguments.what, "KIND, NAME or KIND/NAME");
  inspect_command->add_flag("--failed", inspect_arguments.refused,
                            "Files that were refused, with the reason");
  add_json(inspect_command);

  bool markdown = false;
  add("schema", "Print the JSON Schema of pipelines, for editors", [&] {
    return schema(settings, markdown);
  })->add_flag("--markdown", markdown, "Tables of every key instead");
  add_json(add("doctor", "Say what this installation finds and lacks", [&] { return doctor(settings); }));

  DataArguments data_arguments;
  CLI::App* data_command = app.add_subcommand("data", "List, fetch and check datasets");
  data_command->require_subcommand(1);
  const auto add_data = [&](const char* name, const char* text, std::function<ExitCode()> body) {
    CLI::App* subcommand = data_command->add_subcommand(name, text);
    subcommand->callback([&command, body = std::move(body)] { command = body; });
    add_json(subcommand);
    return subcommand;
  };
  add_data("list", "Say what datasets there are and where this machine has them",
           [&] { return data_list(settings); });
  CLI::App* get_command = add_data("get", "Fetch datasets: the one command that uses the network",
                                   [&] { return data_get(settings, data_arguments); });
  get_command->add_option("names", data_arguments.names, "Datasets")->required();
  get_command->add_option("--root", data_arguments.root, "Folder for them (default: the user's data folder)");
  get_command
      ->add_option("--mirror", data_arguments.mirrors,
                   "Fetch URL/FILE, and nothing from the published places; repeatable")
      ->allow_extra_args(false);
  get_command->add_flag("--all", data_arguments.all, "Also what is optional: svhn's 1.3 GB of extra images");
  get_command
      ->add_option("--timeout", data_arguments.timeout,
                   "Seconds without a byte after which the next mirror is asked")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  get_command->add_flag("--quiet", data_arguments.quiet, "No progress on stderr");
  CLI::App* verify_command = add_data("verify", "Compare the datasets found with what was published",
                                      [&] { return data_verify(settings, data_arguments); });
  verify_command->add_option("names", data_arguments.names, "Datasets (default: all that are found)");
  verify_command->add_option("--root", data_arguments.root, "Folder to look in (default: where a run looks)");

  CLI::App* plugin_command = app.add_subcommand("plugin", "For authors of plugins");
  plugin_command->require_subcommand(1);
  PluginNewArguments new_arguments;
  CLI::App* new_command =
      add_to(*plugin_command, "new", "Write a project that builds a plugin, to begin with",
             [&] { return plugin_new(settings, new_arguments); });
  new_command->add_option("kind", new_arguments.kind, "dataset, pretext, trainer or backend")
      ->required()
      ->check(CLI::IsMember({"dataset", "pretext", "trainer", "backend"}));
  new_command->add_option("name", new_arguments.name, "The plugin's name: a-z, 0-9 and _")->required();
  new_command->add_option("--dir", new_arguments.folder, "The project's folder (default: ./NAME)");
  PluginCheckArguments check_arguments;
  CLI::App* plugin_check_command =
      plugin_command->add_subcommand("check", "Check a plugin file against all that a plugin has to do");
  plugin_check_command->add_option("file", check_arguments.file, "NAME.twopass.so");
  plugin_check_command->add_option("settings", check_arguments.settings,
                                   "Options to check it with, such as learning_rate=0.01");
  plugin_check_command
      ->add_option("--only", check_arguments.only, "A check's name, or a group such as trainer; repeatable")
      ->allow_extra_args(false);
  plugin_check_command->add_option("--timeout", check_arguments.timeout, "Seconds for each check")
      ->check(CLI::Range(0.001, 86400.0))
      ->capture_default_str();
  plugin_check_command->add_flag("--in-process", check_arguments.in_process,
                                 "Try the checks in the command's own process, to debug one of them");
  plugin_check_command->add_flag("--list", check_arguments.list, "List the checks instead");
  add_json(plugin_check_command);
  plugin_check_command->callback([&] { command = [&] { return plugin_check(settings, check_arguments); }; });

  // What follows may be no command line yet, so nothing parses it.
  if (argc > 1 && std::string_view(argv[1]) == "__complete")
    return guarded([&] { return complete(app, {argv + 2, argv + argc}); });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (app.get_subcommands().empty() && argc > 1 && argv[1][0] != '-') {
      fmt::print(stderr, "error: there is no command '{}'; `twopass --help` lists what there is\n", argv[1]);
      return kInvalid;
    }
    return app.exit(e) == 0 ? kDone : kInvalid;
  }
  return guarded(command);
}
