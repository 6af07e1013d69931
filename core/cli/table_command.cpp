#include <algorithm>

#include "cli/commands.hpp"
#include "report/table.hpp"

namespace twopass::cli {
namespace {

struct TableArguments {
  std::filesystem::path definition;
  std::vector<std::filesystem::path> results;
  std::string format = "terminal";
};

ExitCode table(const Settings&, const TableArguments& arguments) {
  const auto format = std::ranges::find(report::kFormats, arguments.format, &report::NamedFormat::first);
  return print_from_results(
      [&] { return report::table(arguments.definition, arguments.results, format->second); });
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
