#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "twopass/error.hpp"

namespace twopass::report {

// What a run folder says about its run.
struct Run {
  std::string folder;   // the results folder as it was given, and the path below it
  std::string state;    // "done", "running or killed", or "interrupted", "failed" as in status.json
  std::string message;  // of a run that failed: why
  std::string config;   // the text of config.yaml
  nlohmann::json result = nlohmann::json::object();  // result.json; empty when the run is not done
  // Every value of result.json by its path ("transfer.features.layer1"), and of config.yaml with "config." in
  // front. A list is there as a whole ("config.network.hidden" is "[2000, 2000]") and element by element,
  // counted from 0.
  std::map<std::string, std::string> fields;

  bool done() const { return state == "done"; }
  // Null when the run has no such value. Without "config.", what result.json does not hold is looked up in
  // config.yaml; the name of a section that has a plugin means the plugin: "trainer" is
  // "config.trainer.plugin".
  const std::string* find(std::string_view field) const;
  // As find(), but "?" for an absent value.
  std::string text(std::string_view field) const;
};

// There is no run, or none that is meant.
class NothingMatched : public Error {
 public:
  explicit NothingMatched(const std::string& what) : Error(what, TWOPASS_NOT_FOUND) {}
};

// Every run below the folders, however deep, each once, in the order of its folder. A run folder holds
// config.yaml and status.json or result.json. Throws NothingMatched for a folder that is not there, or where
// none holds a run, Error with TWOPASS_NOT_FOUND for a file that cannot be read and TWOPASS_CORRUPT for one
// that cannot be understood.
std::vector<Run> read_runs(const std::vector<std::filesystem::path>& results);

// What a run folder's metrics.jsonl says of each epoch; none without one. A line that a crash cut short is
// left out. Throws Error: TWOPASS_CORRUPT for any other line that is no JSON object.
std::vector<nlohmann::json> read_metrics(const std::filesystem::path& folder);

}  // namespace twopass::report
