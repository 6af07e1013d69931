#include "run/sweep_status.hpp"

#include <algorithm>

#include "run/folder_lock.hpp"
#include "run/json_files.hpp"
#include "run/run_folder.hpp"
#include "twopass/error.hpp"

namespace twopass::run {
namespace {

using nlohmann::json;

json read_json(const std::filesystem::path& file) { return read_json_object(file).value_or(json::object()); }

bool is_to_run(const RunStatus& status, bool with_failed) {
  if (status.state == RunState::kDone || status.state == RunState::kRunning) return false;
  return with_failed || status.state != RunState::kFailed;
}

int64_t epochs(const RunStatus& status) { return std::max<int64_t>(1, status.run.epochs); }

// Per epoch, of the finished runs that count; nothing if there are none.
template <class Counts>
std::optional<double> seconds_per_epoch(const std::vector<RunStatus>& runs, Counts counts) {
  double seconds = 0;
  int64_t done = 0;
  for (const RunStatus& status : runs)
    if (status.state == RunState::kDone && status.seconds > 0 && counts(status)) {
      seconds += status.seconds;
      done += epochs(status);
    }
  return done == 0 ? std::optional<double>{} : seconds / static_cast<double>(done);
}

}  // namespace

std::string_view state_name(RunState state) {
  switch (state) {
    case RunState::kWaiting:
      return "waiting";
    case RunState::kRunning:
      return "running";
    case RunState::kInterrupted:
      return "interrupted";
    case RunState::kFailed:
      return "failed";
    case RunState::kDone:
      return "done";
  }
  return "";
}

RunStatus status_of(const SweepFolder& folder, const PlannedRun& run) {
  const std::filesystem::path path = folder.run(run);
  const json attempt = read_json(folder.attempt(run));
  RunStatus status{.run = run};
  status.epoch = told_epoch(path);
  status.seconds = entry(attempt, "seconds", 0.0);
  if (const auto result = finished_result(path, run.config_hash)) {
    status.state = RunState::kDone;
    const json pretext = entry(*result, "pretext", json::object());
    if (pretext.contains("test_accuracy")) status.test_accuracy = entry(pretext, "test_accuracy", 0.0);
    return status;
  }
  if (FolderLock::is_held(path)) {
    status.state = RunState::kRunning;
  } else if (entry<std::string>(attempt, "outcome", "") == "failed") {
    status.state = RunState::kFailed;
    status.reason = entry<std::string>(attempt, "reason", "");
    status.last_lines = entry(attempt, "last_lines", std::vector<std::string>{});
  } else if (std::filesystem::exists(path)) {
    status.state = RunState::kInterrupted;
  }
  return status;
}

std::vector<RunStatus> status_of(const SweepFolder& folder, const SweepPlan& plan) {
  std::vector<RunStatus> result;
  for (const PlannedRun& run : plan.runs) result.push_back(status_of(folder, run));
  return result;
}

std::optional<double> estimate(const std::vector<RunStatus>& runs, bool with_failed, int jobs) {
  const auto any = seconds_per_epoch(runs, [](const RunStatus&) { return true; });
  double sum = 0;
  for (const RunStatus& status : runs) {
    if (!is_to_run(status, with_failed)) continue;
    if (!any) return std::nullopt;
    const auto same =
        seconds_per_epoch(runs, [&](const RunStatus& other) { return other.run.name == status.run.name; });
    sum += same.value_or(*any) * static_cast<double>(std::max<int64_t>(1, epochs(status) - status.epoch));
  }
  return sum / jobs;
}

json to_json(const SweepPlan& plan, const std::vector<RunStatus>& runs) {
  json result{{"schema", 1}, {"name", plan.name}, {"runs", json::array()}};
  for (const RunStatus& status : runs) {
    json entry{{"name", status.run.name},
               {"seed", status.run.seed},
               {"config_hash", status.run.config_hash},
               {"labels", status.run.labels},
               {"state", state_name(status.state)},
               {"epoch", status.epoch},
               {"epochs", status.run.epochs}};
    if (status.test_accuracy) entry["test_accuracy"] = *status.test_accuracy;
    if (status.state == RunState::kFailed) {
      entry["reason"] = status.reason;
      entry["last_lines"] = status.last_lines;
    }
    result["runs"].push_back(std::move(entry));
  }
  result["excluded"] = to_json(plan)["excluded"];
  return result;
}

}  // namespace twopass::run
