#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace twopass::run {

struct PlannedRun {
  std::string name;
  uint64_t seed = 0;
  std::string config_hash;
  int64_t epochs = 0;                         // of pretraining
  std::map<std::string, std::string> labels;  // of each key that the sweep varies
  bool takes_all_cores = false;               // its backend would; not stored

  std::string id() const;  // "rotation-ff-seed-0"
};

struct ExcludedRuns {
  std::string name, reason;
  std::map<std::string, std::string> labels;
};

// All runs of a sweep, fixed before the first one starts.
struct SweepPlan {
  std::string name;
  std::vector<PlannedRun> runs;
  std::vector<ExcludedRuns> excluded;
};

// Where a sweep keeps what: DIR/SWEEP.
struct SweepFolder {
  std::filesystem::path path;

  std::filesystem::path plan() const { return path / "plan.json"; }
  std::filesystem::path runs() const { return path / "runs"; }
  std::filesystem::path run(const PlannedRun& run) const;
  std::filesystem::path config(const PlannedRun& run) const;   // its frozen pipeline
  std::filesystem::path log(const PlannedRun& run) const;      // stderr of its last start
  std::filesystem::path attempt(const PlannedRun& run) const;  // how its last start ended, as JSON

  // Makes the folders. Throws Error.
  void create() const;
  // Of a folder that has one. Throws Error with TWOPASS_CORRUPT when it is damaged.
  SweepPlan read_plan() const;
};

nlohmann::json to_json(const SweepPlan& plan);

}  // namespace twopass::run
