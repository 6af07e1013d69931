#include <fmt/format.h>

#include <map>

#include "cli/commands.hpp"
#include "report/table.hpp"

namespace twopass::cli {

ExitCode table(const TableArguments& arguments) {
  static const std::map<std::string, report::Format> kFormats{{"terminal", report::Format::kTerminal},
                                                              {"markdown", report::Format::kMarkdown},
                                                              {"latex", report::Format::kLatex},
                                                              {"csv", report::Format::kCsv},
                                                              {"json", report::Format::kJson}};
  fmt::print("{}", report::table(arguments.definition, arguments.results, kFormats.at(arguments.format)));
  return kDone;
}

}  // namespace twopass::cli
