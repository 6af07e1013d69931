#include <fmt/format.h>

#include "cli/commands.hpp"
#include "pipeline/pipeline.hpp"
#include "report/summary.hpp"
#include "run/initial_weights.hpp"
#include "run/run.hpp"
#include "run/wiring.hpp"

namespace twopass::cli {
namespace {

struct RunArguments {
  std::filesystem::path pipeline;
  std::vector<std::string> overrides;
  std::filesystem::path results = "results";
  bool quiet = false;
};

ExitCode run(const Settings& settings, const RunArguments& arguments) {
  host::Registry registry = settings.registry();
  const pipeline::Pipeline pipeline = pipeline::load(arguments.pipeline, arguments.overrides, registry);
  const nlohmann::json result = run::run(pipeline, registry, {arguments.results, arguments.quiet});
  if (settings.json)
    print_json(result);
  else
    fmt::print("{}\n{}\n", report::summary(result, report::Format::kTerminal),
               run::run_folder_path(pipeline, arguments.results).string());
  return kDone;
}

ExitCode check(const Settings& settings, const RunArguments& arguments) {
  host::Registry registry = settings.registry();
  const pipeline::Pipeline pipeline = pipeline::load(arguments.pipeline, arguments.overrides, registry);
  run::Wiring wiring(pipeline, registry, true);
  wiring.build(1);
  std::string chain = run::describe(wiring);
  if (const std::string weights = run::initial_weights_file(pipeline); !weights.empty())
    chain += fmt::format("{:<9} {}\n", "weights",
                         std::filesystem::exists(weights) ? run::read_initial_weights(wiring).summary
                                                          : weights + " is not there yet");
  if (settings.json)
    print_json(
        nlohmann::json{{"config_hash", pipeline.hash}, {"config", pipeline.resolved_yaml}, {"chain", chain}});
  else
    fmt::print("{}", chain);
  return kDone;
}

}  // namespace

void add_run_and_check(CLI::App& app, Settings& settings) {
  const auto arguments = std::make_shared<RunArguments>();
  const auto add = [&](const char* name, const char* text, auto* function) -> CLI::App& {
    CLI::App& command = add_command(app, name, text, settings, arguments, function);
    add_plugin_path(command, settings);
    command.add_option("pipeline", arguments->pipeline, "Pipeline file (YAML)")->required();
    command.add_option("overrides", arguments->overrides, "Changes to it, such as trainer.epochs=5");
    add_json(command, settings);
    return command;
  };
  CLI::App& command = add("run", "Run a pipeline: pretrain, score, probe", run);
  command.add_option("--results", arguments->results, "Folder for results")->capture_default_str();
  command.add_flag("--quiet", arguments->quiet, "No progress on stderr");
  add("check", "Check a pipeline on paper and print its chain of shapes", check);
}

}  // namespace twopass::cli
