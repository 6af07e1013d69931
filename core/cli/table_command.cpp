#include <fmt/format.h>

#include <algorithm>

#include "cli/commands.hpp"
#include "report/table.hpp"
#include "twopass/error.hpp"

namespace twopass::cli {
namespace {

struct TableArguments {
  std::filesystem::path definition;
  std::vector<std::filesystem::path> results;
  std::string format = "terminal";
};

ExitCode table(const Settings&, const TableArguments& arguments) {
  const auto format = std::ranges::find(report::kFormats, arguments.format, &report::NamedFormat::first);
  try {
    fmt::print("{}", report::table(arguments.definition, arguments.results, format->second));
  } catch (const Error& e) {
    if (e.status() != TWOPASS_NOT_FOUND) throw;
    fmt::print(stderr, "error: {}\n", e.what());
    return kNothingMatched;
  }
  return kDone;
}

}  // namespace

void add_table(CLI::App& app, Settings& settings) {
  const auto arguments = std::make_shared<TableArguments>();
  CLI::App& command = add_command(app, "table", "Make a table from results", settings, arguments, table);
  command.add_option("definition", arguments->definition, "Table definition (YAML)")->required();
  command.add_option("results", arguments->results, "Folders with results")->required();
  command.add_option("--format", arguments->format, "How to write it")
      ->check(CLI::IsMember(report::kFormats))
      ->capture_default_str();
}

}  // namespace twopass::cli
