#include "run/sweep_execute.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <deque>
#include <list>
#include <set>
#include <sstream>
#include <thread>

#include "pipeline/read_file.hpp"
#include "run/child_process.hpp"
#include "run/files.hpp"
#include "run/json_files.hpp"
#include "run/progress_display.hpp"
#include "run/stop.hpp"
#include "run/sweep_status.hpp"

namespace twopass::run {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr auto kPeriod = std::chrono::milliseconds(20);
constexpr size_t kLastLines = 20;
constexpr int kStoppedCode = 75;  // what `twopass run` exits with after a signal

// What taskset, a container or a batch system leaves to this process.
int usable_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));  // more CPUs than fit the set
}

std::vector<std::string> last_lines(const std::filesystem::path& log) {
  std::deque<std::string> lines;
  std::error_code ignored;
  if (!std::filesystem::exists(log, ignored)) return {};
  std::istringstream text(pipeline::read_file(log));
  for (std::string line; std::getline(text, line);) {
    lines.push_back(line);
    if (lines.size() > kLastLines) lines.pop_front();
  }
  return {lines.begin(), lines.end()};
}

std::string reason_of(const Ending& ending, const std::vector<std::string>& lines) {
  if (ending.signal != 0)
    return fmt::format("killed by signal {} ({})", ending.signal, strsignal(ending.signal));
  for (const std::string& line : lines)
    if (const size_t place = line.find("error: "); place != std::string::npos)
      return place == 0 ? line.substr(std::strlen("error: ")) : line;
  return fmt::format("exit code {}{}", ending.exit_code, lines.empty() ? "" : ": " + lines.back());
}

// A run that was killed could not say so itself, and tables would show it at work for ever.
void mark_failed(const std::filesystem::path& file, const std::string& reason) {
  std::optional<json> status = read_json_object(file);
  if (!status || status->value("state", json()) != "running") return;
  (*status)["state"] = "failed";
  (*status)["message"] = reason;
  write_json(file, *status);
}

bool is_stopped(const Ending& ending) {
  return ending.exit_code == kStoppedCode || ending.signal == SIGTERM || ending.signal == SIGINT;
}

class Executor {
 public:
  Executor(const SweepFolder& folder, const SweepPlan& plan, const SweepOptions& options)
      : folder_(folder), plan_(plan), options_(options), display_(options.quiet) {
    for (const PlannedRun& run : plan.runs) {
      const RunState state = status_of(folder, run).state;
      if (state == RunState::kDone)
        ++finished_;
      else if (state != RunState::kFailed || options.failed)
        waiting_.push_back(&run);
    }
  }

  void work() {
    const StopSignals signals;
    while (!waiting_.empty() || !working_.empty()) {
      if (stop_requested()) stop();
      start_some();
      collect();
      std::this_thread::sleep_for(kPeriod);
    }
    if (interrupted_) throw Stopped();
  }

 private:
  struct Work {
    Work(const PlannedRun& started, double before, const std::vector<std::string>& command,
         const std::filesystem::path& log)
        : run(started), seconds_before(before), process(command, log) {}

    const PlannedRun& run;
    double seconds_before;  // of earlier starts
    Clock::time_point start = Clock::now();
    ChildProcess process;
  };

  void stop() {
    if (!stopping_)
      for (const Work& work : working_) work.process.send(SIGTERM);
    interrupted_ = interrupted_ || !waiting_.empty();
    stopping_ = true;
    waiting_.clear();
  }

  // Passes over a run in whose folder another process works, perhaps one that a killed sweep left behind and
  // that is about to stop.
  void start_some() {
    for (auto next = waiting_.begin();
         next != waiting_.end() && working_.size() < static_cast<size_t>(options_.jobs);) {
      const RunStatus status = status_of(folder_, **next);
      if (status.state == RunState::kRunning) {
        if (told_busy_.insert(*next).second)
          display_.line(fmt::format("{}{} seed {}: waits, another process works on it", progress(),
                                    (*next)->name, (*next)->seed));
        ++next;
        continue;
      }
      if (status.state == RunState::kDone)
        ++finished_;
      else
        start(**next, status);
      next = waiting_.erase(next);
    }
  }

  void start(const PlannedRun& run, const RunStatus& status) {
    record(run, {{"outcome", "started"}, {"seconds", status.seconds}});
    std::vector<std::string> command = options_.command;
    // As they are, a folder that begins with '-' would be an option.
    command.push_back(std::filesystem::absolute(folder_.config(run)).string());
    command.push_back("--results=" + folder_.runs().string());
    command.insert(command.end(), options_.more.begin(), options_.more.end());
    if (run.takes_all_cores && options_.jobs > 1)
      command.push_back(fmt::format("backend.threads={}", std::max(1, usable_cores() / options_.jobs)));
    display_.line(fmt::format("{}{} seed {}: {}", progress(), run.name, run.seed,
                              status.state == RunState::kInterrupted ? "goes on" : "starts"));
    working_.emplace_back(run, status.seconds, command, folder_.log(run));
  }

  void collect() {
    for (auto work = working_.begin(); work != working_.end();) {
      if (const auto ending = work->process.ended()) {
        finish(*work, *ending);
        work = working_.erase(work);
      } else {
        ++work;
      }
    }
  }

  void finish(const Work& work, const Ending& ending) {
    const double seconds = std::chrono::duration<double>(Clock::now() - work.start).count();
    json attempt{{"outcome", "done"},
                 {"seconds", work.seconds_before + seconds},
                 {"exit_code", ending.exit_code},
                 {"signal", ending.signal}};
    std::string told = fmt::format("done in {:.0f} s", seconds);
    if (is_stopped(ending)) {
      interrupted_ = true;
      attempt["outcome"] = "interrupted";
      told = "stopped";
    } else if (ending.exit_code != 0) {
      const std::vector<std::string> lines = last_lines(folder_.log(work.run));
      attempt["outcome"] = "failed";
      attempt["reason"] = reason_of(ending, lines);
      attempt["last_lines"] = lines;
      told = "failed: " + reason_of(ending, lines);
      mark_failed(folder_.run(work.run) / "status.json", reason_of(ending, lines));
    } else {
      ++finished_;
    }
    record(work.run, attempt);
    display_.line(fmt::format("{}{} seed {}: {}", progress(), work.run.name, work.run.seed, told));
  }

  void record(const PlannedRun& run, const json& attempt) const { write_json(folder_.attempt(run), attempt); }

  std::string progress() const { return fmt::format("[{}/{}] ", finished_, plan_.runs.size()); }

  const SweepFolder& folder_;
  const SweepPlan& plan_;
  const SweepOptions& options_;
  ProgressDisplay display_;
  std::list<const PlannedRun*> waiting_;
  std::set<const PlannedRun*> told_busy_;
  std::list<Work> working_;
  size_t finished_ = 0;
  bool stopping_ = false, interrupted_ = false;
};

}  // namespace

void execute(const SweepFolder& folder, const SweepPlan& plan, const SweepOptions& options) {
  Executor(folder, plan, options).work();
}

}  // namespace twopass::run
