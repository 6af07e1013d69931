#pragma once

namespace twopass::report {

// How a table is written. Text is UTF-8 and ends with a newline.
enum class Format {
  kMarkdown,
  kLatex,     // a `table` environment for the package booktabs
  kCsv,       // RFC 4180, one line per cell; numbers as shown
  kJson,      // numbers in full precision and in the unit of result.json
  kTerminal,  // aligned columns, no escape sequences
};

}  // namespace twopass::report
