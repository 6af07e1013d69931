#pragma once

#include "workplace.hpp"

namespace twopass::cli_test {

// Sweeps over tiny.yaml, in results/study.
class SweepWorkplace : public Workplace {
 protected:
  Outcome sweep(const std::vector<std::string>& arguments) const { return sweep(arguments, surroundings()); }
  Outcome sweep(std::vector<std::string> arguments, const Surroundings& around) const {
    arguments.insert(arguments.begin(), "sweep");
    return twopass(arguments, around);
  }
  fs::path study(const fs::path& name) const { return path("results/study") / name; }
  fs::path run_folder(const std::string& name, int seed) const {
    return study("runs") / name / ("seed-" + std::to_string(seed));
  }
  // The state of each run, as `status --json` tells it.
  std::map<std::string, std::string> states() const {
    const Outcome outcome = sweep({"status", "study.yaml", "--json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    const json status = json::parse(outcome.out);
    std::map<std::string, std::string> result;
    for (const json& run : status["runs"])
      result[run["name"].get<std::string>() + "/" + run["seed"].dump()] = run["state"];
    return result;
  }
};

}  // namespace twopass::cli_test
