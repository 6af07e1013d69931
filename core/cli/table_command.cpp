#include <fmt/format.h>

#include <map>

#include "cli/commands.hpp"
#include "report/table.hpp"
#include "twopass/error.hpp"

namespace twopass::cli {

ExitCode table(const TableArguments& arguments) {
  static const std::map<std::string, report::Format> kFormats{{"terminal", report::Format::kTerminal},
                                                              {"markdown", report::Format::kMarkdown},
                                                              {"latex", report::Format::kLatex},
                                                              {"csv", report::Format::kCsv},
                                                              {"json", report::Format::kJson}};
  try {
    fmt::print("{}", report::table(arguments.definition, arguments.results, kFormats.at(arguments.format)));
  } catch (const Error& e) {
    if (e.status() != TWOPASS_NOT_FOUND) throw;
    fmt::print(stderr, "error: {}\n", e.what());
    return kNothingMatched;
  }
  return kDone;
}

}  // namespace twopass::cli
