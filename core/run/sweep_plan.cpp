#include "run/sweep_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/log.hpp"
#include "pipeline/read_file.hpp"
#include "pipeline/resolved.hpp"
#include "run/files.hpp"
#include "run/initial_weights.hpp"
#include "run/wiring.hpp"
#include "twopass/error.hpp"

namespace twopass::run {
namespace {

namespace fs = std::filesystem;

// The convention of backends: `threads: 0` is every core.
bool takes_all_cores(const pipeline::Pipeline& run) {
  return std::ranges::any_of(run.backend.values.list(), [](const pipeline::OptionValue& value) {
    return value.name == "threads" && value.type == TWOPASS_INTEGER && value.integer == 0;
  });
}

PlannedRun planned(const pipeline::SweepCell& cell, const pipeline::Pipeline& run) {
  return {run.name,    run.seed,
          run.hash,    run.trainer.values.typed().integer("epochs"),
          cell.labels, takes_all_cores(run)};
}

[[noreturn]] void refuse(const SweepFolder& folder, const PlannedRun& run, const std::string& difference) {
  throw Error(
      fmt::format("the sweep has changed since {} was planned: {}, seed {}: {}; give it another name, "
                  "as by name=NAME behind the command, or remove that folder",
                  folder.path.string(), run.name, run.seed, difference));
}

}  // namespace

void check_on_paper(const pipeline::Sweep& sweep, host::Registry& registry) {
  pipeline::RunErrors errors;
  for (const pipeline::SweepCell& cell : sweep.cells) {
    const pipeline::Pipeline& pipeline = cell.runs.front();  // seeds fit alike
    const host::LogSubject subject(cell.name);
    try {
      Wiring wiring(pipeline, registry, true);
      wiring.build(1);
      if (std::filesystem::exists(initial_weights_file(pipeline))) read_initial_weights(wiring);
    } catch (const pipeline::InvalidPipeline& invalid) {
      errors.add(cell.name, invalid.diagnostics);
    } catch (const Error& error) {
      errors.add(cell.name, {{.origin = pipeline.source->name, .message = error.what()}});
    }
  }
  errors.throw_if_any();
}

SweepPlan make_plan(const pipeline::Sweep& sweep) {
  SweepPlan plan{.name = sweep.name, .runs = {}, .excluded = {}};
  for (const pipeline::SweepCell& cell : sweep.cells)
    for (const pipeline::Pipeline& run : cell.runs) plan.runs.push_back(planned(cell, run));
  for (const pipeline::SweepCell& cell : sweep.excluded)
    plan.excluded.push_back({cell.name, cell.reason, cell.labels});
  return plan;
}

void require_same_runs(const SweepFolder& folder, const pipeline::Sweep& sweep) {
  if (!fs::exists(folder.plan())) return;
  std::map<std::string, const pipeline::Pipeline*> now;
  for (const pipeline::SweepCell& cell : sweep.cells)
    for (const pipeline::Pipeline& run : cell.runs) now[planned(cell, run).id()] = &run;
  for (const PlannedRun& run : folder.read_plan().runs) {
    const auto found = now.find(run.id());
    if (found == now.end()) refuse(folder, run, "this run is no longer there");
    if (found->second->hash == run.config_hash) continue;
    const fs::path frozen = folder.config(run);
    refuse(folder, run,
           pipeline::first_difference(fs::exists(frozen) ? pipeline::read_file(frozen) : "", *found->second));
  }
}

void freeze(const SweepFolder& folder, const pipeline::Sweep& sweep) {
  require_same_runs(folder, sweep);
  const auto write = [](const fs::path& file, const std::string& text) {
    if (!fs::exists(file) || pipeline::read_file(file) != text) write_atomically(file, text);
  };
  for (const pipeline::SweepCell& cell : sweep.cells)
    for (const pipeline::Pipeline& run : cell.runs)
      write(folder.config(planned(cell, run)), run.resolved_yaml);
  write(folder.plan(), to_json(make_plan(sweep)).dump(2) + "\n");
}

}  // namespace twopass::run
