#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <span>

#include "cli/commands.hpp"
#include "cli/to_stderr.hpp"
#include "conformance/run_apart.hpp"
#include "host/nearest.hpp"
#include "host/registry.hpp"
#include "pipeline/diagnostic.hpp"
#include "pipeline/plugin_options.hpp"
#include "twopass/error.hpp"

namespace twopass::cli {
namespace {

using conformance::Check;
using conformance::Outcome;
using conformance::Verdict;

struct CheckArguments {
  std::filesystem::path file;
  std::vector<std::string> settings;  // "key=value", options of the plugin
  std::vector<std::string> only;      // names or groups of checks; empty: all
  std::vector<std::string> skip;      // "check=reason", failures that are known and accepted
  double timeout = 60;                // seconds for each check
  bool list = false, in_process = false;
};

struct Result {
  const Check* check;
  Verdict verdict;
};

// A whole name, or the group before its dot.
bool is_wanted(const Check& check, const std::vector<std::string>& only) {
  return only.empty() || std::ranges::any_of(only, [&](const std::string& name) {
           return check.name == name || check.name.starts_with(name + ".");
         });
}

std::vector<Check> wanted_checks(std::span<const twopass_kind> kinds, const std::vector<std::string>& only) {
  std::vector<Check> checks;
  for (const twopass_kind kind : kinds)
    for (Check& check : conformance::checks_for(kind)) {
      const bool is_known = std::ranges::find(checks, check.name, &Check::name) != checks.end();
      if (!is_known && is_wanted(check, only)) checks.push_back(std::move(check));
    }
  return checks;
}

// The reason for each check that is not to be tried. Names of other kinds' checks do no harm.
std::map<std::string, std::string> accepted_failures(const std::vector<std::string>& skip) {
  std::vector<std::string> known;
  for (const Check& check : wanted_checks(host::kKinds, {})) known.push_back(check.name);
  std::map<std::string, std::string> reasons;
  for (const std::string& text : skip) {
    const size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    if (std::ranges::find(known, name) == known.end()) {
      throw Error(
          fmt::format("--skip: no check is called '{}'{}; `twopass plugin check --list` lists what there is",
                      name, host::did_you_mean(name, known)));
    }
    if (equals == std::string::npos || equals + 1 == text.size())
      throw Error(fmt::format("--skip {}: say why, as in --skip '{}=it is a control'", text, name));
    reasons[name] = text.substr(equals + 1);
  }
  return reasons;
}

ExitCode print_list(const std::vector<Check>& checks, bool json) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Check& check : checks) {
    list.push_back({{"name", check.name}, {"sentence", check.sentence}});
    if (!json) fmt::print("{:<40} {}\n", check.name, check.sentence);
  }
  if (json) print_json(list);
  return kDone;
}

// Settings that do not fit the plugin are the caller's mistake, unless its options are not sound at all,
// which a check will say.
const Check kSettings{"settings", "", [](conformance::Subject& subject) {
                        try {
                          pipeline::own_options(subject.table());
                        } catch (const Error&) {
                          return conformance::pass();
                        }
                        try {
                          static_cast<void>(subject.values());
                        } catch (const pipeline::InvalidPipeline& e) {
                          return conformance::skip(e.what());
                        }
                        return conformance::pass();
                      }};

std::vector<Result> try_all(const std::vector<Check>& checks,
                            const std::function<Verdict(const Check&)>& try_one,
                            const std::function<void(const Result&)>& tell) {
  std::vector<Result> results;
  std::string obstacle;
  for (const Check& check : checks) {
    Result result{&check, {}};
    result.verdict = obstacle.empty()
                         ? try_one(check)
                         : conformance::skip(fmt::format("not tried, for {} did not pass", obstacle));
    if (check.essential && obstacle.empty() && result.verdict.outcome >= Outcome::kFail)
      obstacle = check.name;
    tell(result);
    results.push_back(std::move(result));
  }
  return results;
}

void print_line(const Result& result) {
  const auto& [check, verdict] = result;
  const bool good = verdict.outcome == Outcome::kPass;
  fmt::print("{:<6} {:<34} {}{}{}\n", conformance::outcome_name(verdict.outcome), check->name,
             good ? check->sentence : verdict.text, good && !verdict.text.empty() ? ": " : "",
             good ? verdict.text : "");
}

std::string count_text(const std::vector<Result>& results) {
  std::string text;
  for (const Outcome outcome :
       {Outcome::kPass, Outcome::kWarn, Outcome::kSkip, Outcome::kFail, Outcome::kCrash}) {
    const auto count = std::ranges::count_if(
        results, [&](const Result& result) { return result.verdict.outcome == outcome; });
    if (count > 0 || outcome == Outcome::kPass)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, conformance::outcome_name(outcome));
  }
  return text;
}

void print_report(const conformance::Subject& subject, const std::vector<Result>& results, bool good) {
  nlohmann::ordered_json report{{"file", subject.file().string()},
                                {"kind", host::kind_name(subject.kind())},
                                {"name", subject.name()},
                                {"good", good},
                                {"checks", nlohmann::ordered_json::array()}};
  for (const auto& [check, verdict] : results)
    report["checks"].push_back({{"name", check->name},
                                {"outcome", conformance::outcome_name(verdict.outcome)},
                                {"sentence", check->sentence},
                                {"text", verdict.text}});
  print_json(report);
}

ExitCode nothing_matched(const CheckArguments& arguments) {
  to_stderr("error: no check is called {}; `twopass plugin check --list` lists what there is\n",
            fmt::join(arguments.only, " or "));
  return kNothingMatched;
}

ExitCode plugin_check(const Settings& settings, const CheckArguments& arguments) {
  const std::map<std::string, std::string> accepted = accepted_failures(arguments.skip);
  if (arguments.list && arguments.file.empty()) {
    const std::vector<Check> all = wanted_checks(host::kKinds, arguments.only);
    return all.empty() ? nothing_matched(arguments) : print_list(all, settings.json);
  }
  std::error_code ignored;
  if (arguments.file.empty() || !std::filesystem::exists(arguments.file, ignored))
    throw Error(arguments.file.empty() ? "name the plugin file to check"
                                       : fmt::format("there is no file {}", arguments.file.string()));
  conformance::Subject subject(arguments.file, arguments.settings);
  const std::array kind{static_cast<twopass_kind>(subject.kind())};
  const std::vector<Check> checks = wanted_checks(kind, arguments.only);
  if (checks.empty()) return nothing_matched(arguments);
  if (arguments.list) return print_list(checks, settings.json);

  const std::chrono::milliseconds limit(static_cast<int64_t>(1000 * arguments.timeout));
  const auto try_one = [&](const Check& check) {
    const auto reason = accepted.find(check.name);
    if (reason != accepted.end()) return conformance::skip(reason->second);
    return arguments.in_process ? conformance::run_here(check, subject)
                                : conformance::run_apart(check, subject, limit);
  };
  const Verdict usable = try_one(kSettings);
  if (usable.outcome == Outcome::kSkip) {
    to_stderr("{}\nnote: the plugin's options follow its file: twopass plugin check {} KEY=VALUE\n",
              usable.text, arguments.file.string());
    return kInvalid;
  }
  const std::vector<Result> results = try_all(checks, try_one, [&](const Result& result) {
    if (!settings.json) print_line(result);
  });
  const bool good = std::ranges::none_of(
      results, [](const Result& result) { return result.verdict.outcome >= Outcome::kFail; });
  if (settings.json)
    print_report(subject, results, good);
  else
    fmt::print("{}: {}\n", subject.file().filename().string(), count_text(results));
  return good ? kDone : kFailed;
}

}  // namespace

void add_plugin_check(CLI::App& plugin, Settings& settings) {
  const auto arguments = std::make_shared<CheckArguments>();
  CLI::App& command = add_command(plugin, "check", "Check a plugin file against all that a plugin has to do",
                                  settings, arguments, plugin_check);
  command.add_option("file", arguments->file, "NAME.twopass.so");
  command.add_option("settings", arguments->settings, "Options to check it with, such as learning_rate=0.01");
  command.add_option("--only", arguments->only, "A check's name, or a group such as trainer; repeatable")
      ->allow_extra_args(false);
  command
      .add_option("--skip", arguments->skip,
                  "CHECK=REASON: do not try this check, whose failure is accepted; repeatable")
      ->allow_extra_args(false);
  command.add_option("--timeout", arguments->timeout, "Seconds for each check")
      ->check(CLI::Range(0.001, 86400.0))
      ->capture_default_str();
  command.add_flag("--in-process", arguments->in_process,
                   "Try the checks in the command's own process, to debug one of them");
  command.add_flag("--list", arguments->list, "List the checks instead");
  add_json(command, settings);
}

}  // namespace twopass::cli
