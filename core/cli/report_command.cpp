#include "cli/commands.hpp"
#include "report/page.hpp"

namespace twopass::cli {
namespace {

struct ReportArguments {
  std::vector<std::filesystem::path> results;
};

ExitCode report(const Settings&, const ReportArguments& arguments) {
  return print_from_results([&] { return report::page(arguments.results); });
}

}  // namespace

void add_report(CLI::App& app, Settings& settings) {
  const auto arguments = std::make_shared<ReportArguments>();
  CLI::App& command =
      add_command(app, "report", "Make an HTML page about results", settings, arguments, report);
  command.add_option("results", arguments->results, "Folders with results")->required();
}

}  // namespace twopass::cli
