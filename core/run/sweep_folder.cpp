#include "run/sweep_folder.hpp"

#include <fmt/format.h>

#include "pipeline/read_file.hpp"
#include "run/files.hpp"
#include "twopass/error.hpp"

namespace twopass::run {
namespace fs = std::filesystem;
using nlohmann::json;

std::string PlannedRun::id() const { return fmt::format("{}-seed-{}", name, seed); }

fs::path SweepFolder::run(const PlannedRun& run) const {
  return runs() / run.name / fmt::format("seed-{}", run.seed);
}
fs::path SweepFolder::config(const PlannedRun& run) const { return path / "configs" / (run.id() + ".yaml"); }
fs::path SweepFolder::log(const PlannedRun& run) const { return path / "attempts" / (run.id() + ".log"); }
fs::path SweepFolder::attempt(const PlannedRun& run) const {
  return path / "attempts" / (run.id() + ".json");
}

void SweepFolder::create() const {
  for (const char* name : {"configs", "attempts", "runs"}) create_folder(path / name);
}

SweepPlan SweepFolder::read_plan() const {
  try {
    const json stored = json::parse(pipeline::read_file(plan()));
    SweepPlan result{.name = stored.at("name"), .runs = {}, .excluded = {}};
    for (const json& run : stored.at("runs"))
      result.runs.push_back({run.at("name"), run.at("seed"), run.at("config_hash"), run.at("epochs"),
                             run.at("labels").get<std::map<std::string, std::string>>(), false});
    for (const json& entry : stored.at("excluded"))
      result.excluded.push_back({entry.at("name"), entry.at("reason"),
                                 entry.at("labels").get<std::map<std::string, std::string>>()});
    return result;
  } catch (const json::exception& e) {
    throw Error(fmt::format("{} is damaged: {}; remove it and plan again, finished runs stay",
                            plan().string(), e.what()),
                TWOPASS_CORRUPT);
  }
}

json to_json(const SweepPlan& plan) {
  json result{{"schema", 1}, {"name", plan.name}, {"runs", json::array()}, {"excluded", json::array()}};
  for (const PlannedRun& run : plan.runs)
    result["runs"].push_back({{"name", run.name},
                              {"seed", run.seed},
                              {"config_hash", run.config_hash},
                              {"epochs", run.epochs},
                              {"labels", run.labels}});
  for (const ExcludedRuns& entry : plan.excluded)
    result["excluded"].push_back({{"name", entry.name}, {"reason", entry.reason}, {"labels", entry.labels}});
  return result;
}

}  // namespace twopass::run
