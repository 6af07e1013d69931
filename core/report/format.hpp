#pragma once

#include <string>
#include <utility>
#include <vector>

namespace twopass::report {

// How a table is written. Text is UTF-8 and ends with a newline.
enum class Format {
  kMarkdown,
  kLatex,     // a `table` environment for the package booktabs
  kHtml,      // a `table` element and paragraphs
  kCsv,       // RFC 4180, one line per cell; numbers as shown
  kJson,      // numbers in full precision and in the unit of result.json
  kTerminal,  // aligned columns, no escape sequences
};

// As they are called on the command line.
using NamedFormat = std::pair<std::string, Format>;
inline const std::vector<NamedFormat> kFormats{
    {"terminal", Format::kTerminal}, {"markdown", Format::kMarkdown}, {"latex", Format::kLatex},
    {"html", Format::kHtml},         {"csv", Format::kCsv},           {"json", Format::kJson}};

}  // namespace twopass::report
