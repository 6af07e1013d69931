#include <fmt/format.h>

#include "cli/commands.hpp"
#include "pipeline/pipeline.hpp"
#include "report/summary.hpp"
#include "run/run.hpp"
#include "run/wiring.hpp"

namespace twopass::cli {

ExitCode run(const Settings& settings, const RunArguments& arguments) {
  host::Registry registry = settings.registry();
  const pipeline::Pipeline pipeline = pipeline::load(arguments.pipeline, arguments.overrides, registry);
  const nlohmann::json result = run::run(pipeline, registry, {arguments.results, arguments.quiet});
  if (settings.json)
    fmt::print("{}\n", result.dump(2));
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
  if (settings.json)
    fmt::print("{}\n", nlohmann::json{{"config_hash", pipeline.hash},
                                      {"config", pipeline.resolved_yaml},
                                      {"chain", run::describe(wiring)}}
                           .dump(2));
  else
    fmt::print("{}", run::describe(wiring));
  return kDone;
}

}  // namespace twopass::cli
