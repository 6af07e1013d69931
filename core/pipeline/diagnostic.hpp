#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace twopass::pipeline {

// A text that holds settings: a pipeline file or one `key=value` of the command line.
struct Source {
  std::string name{};              // the file as the user named it, or "override 2"
  std::string text{};              // UTF-8
  int override_number = 0;         // 0: a file
  std::filesystem::path folder{};  // what relative paths in it start from; empty: the current directory
};

// A stretch of a source. The source is shared by all that was read from it and outlives the reading, because
// plugins report errors in their options long after.
struct Position {
  std::shared_ptr<const Source> source{};
  size_t offset = 0;  // in bytes
  size_t length = 0;  // in bytes; 0: the source as a whole
};

// One finding, ready to print. Columns, carets and widths count characters.
struct Diagnostic {
  std::string origin{};       // the file or "override 2"
  int line = 0, column = 0;   // from 1; line 0: an override; both 0: no place in the text
  std::string message{};      // "trainer.learning_rate: expected a number in (0, 1], got 2"
  std::string source_line{};  // the line in question, or the part of it around the column
  int caret = 0;              // where in source_line the caret stands, from 0
  int caret_width = 0;
  std::string note{};  // more help, or empty
};

Diagnostic diagnose(const Position& position, std::string message, std::string note = {});

// As compilers print it, several lines without a final newline:
//
//   configs/x.yaml:14:20: error: trainer.learning_rate: expected a number in (0, 1], got "fast"
//     14 |     learning_rate: fast
//        |                    ^~~~
//     note: default 1e-4; see: twopass inspect trainer/ff
std::string render(const Diagnostic& diagnostic);

// Everything that is wrong with a pipeline; what() is all of it, rendered.
class InvalidPipeline : public std::runtime_error {
 public:
  explicit InvalidPipeline(std::vector<Diagnostic> found);
  std::vector<Diagnostic> diagnostics;
};

// Collects findings, so that one run reports them all.
class Diagnostics {
 public:
  void error(const Position& position, std::string message, std::string note = {});
  bool empty() const { return found_.empty(); }
  size_t size() const { return found_.size(); }
  const std::string& first_message() const { return found_.front().second.message; }
  // Throws InvalidPipeline if there are any: the file's first, then the overrides', each by position.
  void throw_if_any() const;

 private:
  std::vector<std::pair<Position, Diagnostic>> found_;
};

}  // namespace twopass::pipeline
