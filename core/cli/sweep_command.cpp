#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "cli/commands.hpp"
#include "cli/to_stderr.hpp"
#include "run/folder_lock.hpp"
#include "run/provenance.hpp"
#include "run/stop.hpp"
#include "run/sweep_execute.hpp"
#include "run/sweep_plan.hpp"
#include "run/sweep_status.hpp"
#include "twopass/error.hpp"

namespace twopass::cli {
namespace {

namespace fs = std::filesystem;
using run::RunState;
using run::RunStatus;

struct SweepArguments {
  fs::path sweep;
  std::vector<std::string> overrides;
  fs::path results = "results";
  int jobs = 1;
  bool failed = false, dry_run = false, quiet = false;
};

constexpr std::array kStates{RunState::kDone, RunState::kRunning, RunState::kInterrupted, RunState::kFailed,
                             RunState::kWaiting};

std::string detail(const RunStatus& status) {
  if (status.state == RunState::kFailed) return status.reason;
  if (status.state == RunState::kDone)
    return status.test_accuracy ? fmt::format("pretext accuracy {:.1f} %", 100 * *status.test_accuracy) : "";
  if (status.state == RunState::kWaiting) return "";
  return fmt::format("epoch {} of {}", status.epoch, status.run.epochs);
}

std::string counted(size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string summary(const run::SweepPlan& plan, const std::vector<RunStatus>& runs) {
  std::string text = counted(runs.size(), "run");
  const char* separator = ": ";
  for (const RunState state : kStates) {
    const auto count = std::ranges::count(runs, state, &RunStatus::state);
    if (count == 0) continue;
    text += fmt::format("{}{} {}", separator, count, run::state_name(state));
    separator = ", ";
  }
  if (!plan.excluded.empty()) text += "; " + counted(plan.excluded.size(), "configuration") + " excluded";
  return text;
}

void print_status(const run::SweepPlan& plan, const std::vector<RunStatus>& runs, bool json) {
  if (json) return print_json(run::to_json(plan, runs));
  size_t width = 3;
  for (const RunStatus& status : runs) width = std::max(width, status.run.name.size());
  for (const run::ExcludedRuns& entry : plan.excluded) width = std::max(width, entry.name.size());
  const auto print_row = [&](const std::string& name, const std::string& seed, std::string_view state,
                             const std::string& text) {
    std::string line = fmt::format("{:<{}}  {:>4}  {:<11}  {}", name, width, seed, state, text);
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  };
  print_row("run", "seed", "state", "");
  for (const RunStatus& status : runs)
    print_row(status.run.name, std::to_string(status.run.seed), run::state_name(status.state),
              detail(status));
  for (const run::ExcludedRuns& entry : plan.excluded) print_row(entry.name, "", "excluded", entry.reason);
  fmt::print("\n{}\n", summary(plan, runs));
}

std::string duration(double seconds) {
  if (seconds < 60) return fmt::format("{:.0f} s", seconds);
  if (seconds < 3600) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

// This program and what its `run` needs; the plugins are found where this process finds them.
run::SweepOptions sweep_options(const Settings& settings, const SweepArguments& arguments) {
  run::SweepOptions options{.command = {fs::read_symlink("/proc/self/exe").string(), "run"},
                            .more = {},
                            .jobs = arguments.jobs,
                            .failed = arguments.failed,
                            .quiet = arguments.quiet};
  for (const fs::path& folder : settings.plugin_path)
    options.more.insert(options.more.end(), {"--plugin-path", folder.string()});
  return options;
}

void tell_estimate(const std::vector<RunStatus>& runs, const SweepArguments& arguments) {
  const auto seconds = run::estimate(runs, arguments.failed, arguments.jobs);
  fmt::print("{}\n", !seconds ? "estimate: unknown until a run of this sweep is finished"
                     : *seconds == 0
                         ? "nothing to start"
                         : fmt::format("estimate: {} with -j {}, by the finished runs of this sweep",
                                       duration(*seconds), arguments.jobs));
}

// Whoever changes a plugin and adds a seed would get means over two learning rules.
void warn_of_other_builds(const run::SweepFolder& folder, const run::SweepPlan& plan,
                          host::Registry& registry) {
  std::map<std::string, std::string> folders;
  for (const run::PlannedRun& planned : plan.runs)
    if (const std::string plugins = run::other_builds(folder.run(planned), registry); !plugins.empty())
      folders[plugins] += "  " + folder.run(planned).string() + "\n";
  for (const auto& [plugins, lines] : folders)
    to_stderr(
        "warning: these runs began with another build of {}; to run one from the start, remove its "
        "folder:\n{}",
        plugins, lines);
}

ExitCode sweep_plan(const Settings& settings, const SweepArguments& arguments) {
  host::Registry registry = settings.registry();
  const pipeline::Sweep sweep = pipeline::load_sweep(arguments.sweep, arguments.overrides, registry);
  run::check_on_paper(sweep, registry);
  const run::SweepFolder folder{arguments.results / sweep.name};
  folder.create();
  const run::FolderLock lock(folder.path);
  run::freeze(folder, sweep);
  const run::SweepPlan plan = run::make_plan(sweep);
  print_status(plan, run::status_of(folder, plan), settings.json);
  if (!settings.json) fmt::print("{}\n", folder.plan().string());
  return kDone;
}

ExitCode sweep_run(const Settings& settings, const SweepArguments& arguments) {
  host::Registry registry = settings.registry();
  const pipeline::Sweep sweep = pipeline::load_sweep(arguments.sweep, arguments.overrides, registry);
  run::check_on_paper(sweep, registry);
  const run::SweepPlan plan = run::make_plan(sweep);
  const run::SweepFolder folder{arguments.results / sweep.name};
  if (arguments.dry_run) {
    run::require_same_runs(folder, sweep);
    const std::vector<RunStatus> runs = run::status_of(folder, plan);
    print_status(plan, runs, settings.json);
    if (!settings.json) tell_estimate(runs, arguments);
    return kDone;
  }
  folder.create();
  const run::FolderLock lock(folder.path);
  run::freeze(folder, sweep);
  warn_of_other_builds(folder, plan, registry);
  run::execute(folder, plan, sweep_options(settings, arguments));
  const std::vector<RunStatus> runs = run::status_of(folder, plan);
  print_status(plan, runs, settings.json);
  const bool failed = std::ranges::count(runs, RunState::kFailed, &RunStatus::state) > 0;
  if (failed)
    to_stderr("some runs failed; what they printed is in {}, --failed runs them again\n",
              (folder.path / "attempts").string());
  return failed ? kFailed : kDone;
}

ExitCode sweep_status(const Settings& settings, const SweepArguments& arguments) {
  const bool is_folder = fs::is_directory(arguments.sweep);
  if (is_folder && !arguments.overrides.empty())
    throw Error(fmt::format("{} is a folder and has its name: leave out '{}'", arguments.sweep.string(),
                            arguments.overrides.front()));
  const run::SweepFolder folder{is_folder ? arguments.sweep
                                          : arguments.results /
                                                pipeline::sweep_name(arguments.sweep, arguments.overrides)};
  if (!fs::exists(folder.plan())) {
    to_stderr("error: nothing is planned in {}; `twopass sweep plan` does that\n", folder.path.string());
    return kNothingMatched;
  }
  const run::SweepPlan plan = folder.read_plan();
  print_status(plan, run::status_of(folder, plan), settings.json);
  return kDone;
}

}  // namespace

void add_sweep(CLI::App& app, Settings& settings) {
  CLI::App& group = add_group(app, "sweep", "Plan and run a grid of pipelines times seeds");
  const auto arguments = std::make_shared<SweepArguments>();
  const auto add = [&](const char* name, const char* text, auto* function) -> CLI::App& {
    CLI::App& command = add_command(group, name, text, settings, arguments, function);
    add_plugin_path(command, settings);
    command.add_option("sweep", arguments->sweep, "Sweep file (YAML)")->required();
    command.add_option("--results", arguments->results, "Folder for results")->capture_default_str();
    add_json(command, settings);
    return command;
  };
  CLI::App& plan = add("plan", "Check and freeze every run, start none", sweep_plan);
  CLI::App& run = add("run", "Run what is not done yet", sweep_run);
  for (CLI::App* command : {&plan, &run})
    command->add_option("overrides", arguments->overrides,
                        "Changes to every run, such as backend=blas; name=NAME names the sweep");
  add("status", "Say how far every run is", sweep_status)
      .add_option("overrides", arguments->overrides, "Those of its runs, of which name=NAME counts");
  run.add_option("-j,--jobs", arguments->jobs, "Runs at once")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  run.add_flag("--failed", arguments->failed, "Run failures again as well");
  run.add_flag("--dry-run", arguments->dry_run, "Start nothing; list all runs");
  run.add_flag("--quiet", arguments->quiet, "No progress on stderr");
}

}  // namespace twopass::cli
