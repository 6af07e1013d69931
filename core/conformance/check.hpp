#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/subject.hpp"
#include "twopass/abi.h"

namespace twopass::conformance {

enum class Outcome {
  kPass,
  kWarn,   // legal, and yet hardly meant
  kSkip,   // could not be tried here
  kFail,   // the plugin breaks a rule
  kCrash,  // it took the process with it, or never came back
};
std::string_view outcome_name(Outcome outcome);  // "pass", "warn", ...

struct Verdict {
  Outcome outcome = Outcome::kPass;
  std::string text{};  // one sentence; of a pass, what was looked at, or empty
};
inline Verdict pass(std::string text = {}) { return {Outcome::kPass, std::move(text)}; }
inline Verdict warn(std::string text) { return {Outcome::kWarn, std::move(text)}; }
inline Verdict skip(std::string text) { return {Outcome::kSkip, std::move(text)}; }
inline Verdict fail(std::string text) { return {Outcome::kFail, std::move(text)}; }

// One rule of the plugin's contract, tried in a process of its own. What `run` throws is a failure.
struct Check {
  std::string name;      // "trainer.local"; the part before the dot names a group
  std::string sentence;  // what is true of a plugin that passes
  std::function<Verdict(Subject&)> run;
  bool essential = false;         // while it does not pass, those after it cannot be tried
  bool ends_the_process = false;  // by exit, with every destructor
};

std::string_view status_name(int32_t status);  // "NOT_FOUND"

// All checks of a kind of plugin, in the order of the report.
std::vector<Check> checks_for(twopass_kind kind);

// The groups that checks_for joins.
std::vector<Check> library_checks();
std::vector<Check> option_checks();
std::vector<Check> life_checks();
std::vector<Check> dataset_checks();
std::vector<Check> pretext_checks();
std::vector<Check> trainer_checks();
std::vector<Check> backend_checks();
std::vector<Check> use_checks();  // after those of its kind, which say whether it works at all

}  // namespace twopass::conformance
