#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <string_view>

#include "cli/commands.hpp"
#include "conformance/check.hpp"
#include "data/catalogue.hpp"
#include "pipeline/completion.hpp"
#include "pipeline/option_check.hpp"
#include "report/format.hpp"

namespace twopass::cli {
namespace {

// A line that is no word: the shell's own completion of files fits here.
constexpr const char* kFiles = ":files";

// A command line up to the word that is being written.
struct Line {
  const CLI::App* command = nullptr;   // the innermost one named
  const CLI::Option* open = nullptr;   // an option whose value comes next
  std::string name;                    // "plugin new"
  std::vector<std::string> arguments;  // what is neither command nor option
  std::vector<std::filesystem::path> plugin_path;
};

const CLI::App* find_command(const CLI::App& parent, const std::string& word) {
  for (const CLI::App* command : parent.get_subcommands({}))
    if (command->get_name() == word) return command;
  return nullptr;
}

Line read(const CLI::App& app, std::span<const std::string> words) {
  Line line;
  line.command = &app;
  for (const std::string& word : words) {
    if (line.open != nullptr) {
      if (line.open->check_lname("plugin-path")) line.plugin_path.emplace_back(word);
      line.open = nullptr;
    } else if (constexpr std::string_view kPluginPath = "--plugin-path="; word.starts_with(kPluginPath)) {
      line.plugin_path.emplace_back(word.substr(kPluginPath.size()));
    } else if (word.starts_with("-")) {
      const CLI::Option* option = line.command->get_option_no_throw(word);
      if (option != nullptr && option->get_items_expected_max() > 0) line.open = option;
    } else if (const CLI::App* command =
                   line.arguments.empty() ? find_command(*line.command, word) : nullptr) {
      line.command = command;
      line.name += (line.name.empty() ? "" : " ") + word;
    } else {
      line.arguments.push_back(pipeline::expand_home(word));  // shells hand on what they would expand
    }
  }
  return line;
}

std::vector<std::string> kinds() {
  std::vector<std::string> names;
  for (const twopass_kind kind : host::kKinds) names.emplace_back(host::kind_name(kind));
  return names;
}

std::vector<std::string> plugins(const host::Registry& registry) {
  std::vector<std::string> names = kinds();
  for (const twopass_kind kind : host::kKinds)
    for (const std::string& name : registry.names(kind))
      names.push_back(fmt::format("{}/{}", host::kind_name(kind), name));
  return names;
}

std::vector<std::string> datasets() {
  std::vector<std::string> names;
  for (const data::Dataset& dataset : data::catalogue()) names.push_back(dataset.name);
  return names;
}

// Of every kind, each once.
std::vector<std::string> checks() {
  std::set<std::string> names;
  for (const twopass_kind kind : host::kKinds)
    for (const conformance::Check& check : conformance::checks_for(kind)) names.insert(check.name);
  return {names.begin(), names.end()};
}

std::vector<std::string> values(const CLI::Option& option) {
  std::vector<std::string> names;
  if (option.check_lname("format"))
    for (const report::NamedFormat& format : report::kFormats) names.push_back(format.first);
  else if (option.check_lname("only") || option.check_lname("skip"))
    names = checks();
  else if (option.check_lname("root") || option.check_lname("results") || option.check_lname("dir") ||
           option.check_lname("plugin-path"))
    names = {kFiles};
  return names;
}

std::vector<std::string> arguments(const Line& line, const std::string& word) {
  const size_t before = line.arguments.size();
  if (line.name == "run" || line.name == "check" || line.name.starts_with("sweep ")) {
    if (before == 0) return {kFiles};
    host::Registry registry(host::search_path(line.plugin_path));
    return pipeline::complete_override(word, line.arguments.front(),
                                       {line.arguments.begin() + 1, line.arguments.end()}, registry);
  }
  if (line.name == "inspect")
    return before == 0 ? plugins(host::Registry(host::search_path(line.plugin_path)))
                       : std::vector<std::string>();
  if (line.name == "data get" || line.name == "data verify") return datasets();
  if (line.name == "plugin new") return before == 0 ? kinds() : std::vector<std::string>();
  return line.command->get_options([](const CLI::Option* option) { return option->get_positional(); }).empty()
             ? std::vector<std::string>()
             : std::vector<std::string>{kFiles};
}

std::vector<std::string> candidates(const Line& line, const std::string& word) {
  if (line.open != nullptr) return values(*line.open);
  std::vector<std::string> words;
  if (const size_t equals = word.find('='); word.starts_with("--") && equals != std::string::npos) {
    const CLI::Option* option = line.command->get_option_no_throw(word.substr(0, equals));
    if (option == nullptr) return words;
    for (const std::string& value : values(*option))
      if (value != kFiles) words.push_back(word.substr(0, equals + 1) + value);
    return words;
  }
  if (word.starts_with("-")) {
    for (const CLI::Option* option : line.command->get_options())
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
    return words;
  }
  for (const CLI::App* command : line.command->get_subcommands({})) words.push_back(command->get_name());
  return words.empty() ? arguments(line, word) : words;
}

}  // namespace

ExitCode complete(const CLI::App& app, const std::vector<std::string>& words) {
  const std::string word = words.empty() ? "" : words.back();
  const std::span<const std::string> before(words.data(), words.empty() ? 0 : words.size() - 1);
  for (const std::string& candidate : candidates(read(app, before), word))
    if (candidate.starts_with(word) || candidate == kFiles) fmt::print("{}\n", candidate);
  return kDone;
}

}  // namespace twopass::cli
