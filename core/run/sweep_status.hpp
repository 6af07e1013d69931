#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "run/sweep_folder.hpp"

namespace twopass::run {

enum class RunState { kWaiting, kRunning, kInterrupted, kFailed, kDone };
std::string_view state_name(RunState state);

struct RunStatus {
  PlannedRun run;
  RunState state = RunState::kWaiting;
  int64_t epoch = 0;     // of pretraining, done
  double seconds = 0;    // at work, all starts together that their sweep saw end; 0: not known
  std::string reason{};  // of a failure
  std::vector<std::string> last_lines{};  // of a failure: the end of what it printed on stderr
  std::optional<double> test_accuracy{};  // of the pretext task, once it is done
};

// From the sweep's folder alone; may be asked at any time.
RunStatus status_of(const SweepFolder& folder, const PlannedRun& run);
std::vector<RunStatus> status_of(const SweepFolder& folder, const SweepPlan& plan);

// Seconds that what is not done yet may take with `jobs` runs at once: each as long as the finished runs of
// its configuration took, else as all finished runs of the sweep. 0 where nothing is to start, nothing while
// none is finished.
std::optional<double> estimate(const std::vector<RunStatus>& runs, bool with_failed, int jobs);

nlohmann::json to_json(const SweepPlan& plan, const std::vector<RunStatus>& runs);

}  // namespace twopass::run
