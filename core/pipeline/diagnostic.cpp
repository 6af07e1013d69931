#include "pipeline/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tuple>

namespace twopass::pipeline {
namespace {

// Continuation bytes of UTF-8 are no characters of their own.
int count_characters(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

// Keeps tabs, so that the caret stands under its text whatever a tab's width is.
std::string blank_out(std::string_view source_line, int characters) {
  std::string blank;
  for (const char byte : source_line) {
    if ((byte & 0xC0) == 0x80) continue;
    if (characters-- == 0) break;
    blank += byte == '\t' ? '\t' : ' ';
  }
  return blank;
}

// What is shown of a line on either side of its place, in bytes.
constexpr size_t kReach = 100;

// Moves back to where a character begins.
size_t character_at(std::string_view text, size_t offset) {
  while (offset > 0 && offset < text.size() && (text[offset] & 0xC0) == 0x80) --offset;
  return offset;
}

// The line, or so much of a long one as fits around byte `offset`.
void show_line(std::string_view line, size_t offset, Diagnostic& diagnostic) {
  const size_t first = offset > kReach ? character_at(line, offset - kReach) : 0;
  const size_t last = line.size() - offset > kReach ? character_at(line, offset + kReach) : line.size();
  const std::string before = first > 0 ? "..." : "";
  const std::string after = last < line.size() ? "..." : "";
  diagnostic.source_line = before + std::string(line.substr(first, last - first)) + after;
  std::replace(diagnostic.source_line.begin(), diagnostic.source_line.end(), '\n', ' ');
  diagnostic.caret = count_characters(before) + count_characters(line.substr(first, offset - first));
}

std::string place(const Diagnostic& diagnostic) {
  if (diagnostic.column == 0) return diagnostic.origin;
  if (diagnostic.line == 0) return fmt::format("{}: character {}", diagnostic.origin, diagnostic.column);
  return fmt::format("{}:{}:{}", diagnostic.origin, diagnostic.line, diagnostic.column);
}

std::string excerpt(const Diagnostic& diagnostic) {
  const std::string margin = diagnostic.line > 0 ? fmt::format("{} | ", diagnostic.line) : "";
  const std::string below = diagnostic.line > 0 ? fmt::format("{:{}} | ", "", margin.size() - 3) : "";
  return fmt::format("\n  {}{}\n  {}{}^{:~>{}}", margin, diagnostic.source_line, below,
                     blank_out(diagnostic.source_line, diagnostic.caret), "",
                     std::max(0, diagnostic.caret_width - 1));
}

std::string render_all(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += (text.empty() ? "" : "\n") + render(diagnostic);
  return text;
}

}  // namespace

Diagnostic diagnose(const Position& position, std::string message, std::string note) {
  const Source& source = *position.source;
  Diagnostic result;
  result.origin = source.name;
  result.message = std::move(message);
  result.note = std::move(note);
  if (position.length == 0) return result;

  const std::string_view text = source.text;
  const size_t offset = std::min(position.offset, text.size());
  const bool in_file = source.override_number == 0;
  const size_t break_before = in_file && offset > 0 ? text.rfind('\n', offset - 1) : std::string::npos;
  const size_t first = break_before == std::string::npos ? 0 : break_before + 1;
  const size_t last = in_file ? std::min(text.find_first_of("\r\n", offset), text.size()) : text.size();
  result.line = in_file ? 1 + static_cast<int>(std::count(text.begin(), text.begin() + first, '\n')) : 0;
  result.column = 1 + count_characters(text.substr(first, offset - first));
  show_line(text.substr(first, last - first), offset - first, result);
  result.caret_width =
      std::max(1, count_characters(text.substr(offset, std::min({position.length, last - offset, kReach}))));
  return result;
}

std::string render(const Diagnostic& diagnostic) {
  std::string text = place(diagnostic) + ": error: " + diagnostic.message;
  if (diagnostic.column > 0) text += excerpt(diagnostic);
  if (!diagnostic.note.empty()) text += "\n  note: " + diagnostic.note;
  return text;
}

InvalidPipeline::InvalidPipeline(std::vector<Diagnostic> found)
    : std::runtime_error(render_all(found)), diagnostics(std::move(found)) {}

void Diagnostics::error(const Position& position, std::string message, std::string note) {
  found_.emplace_back(position, diagnose(position, std::move(message), std::move(note)));
}

void Diagnostics::throw_if_any() const {
  if (found_.empty()) return;
  auto sorted = found_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& left, const auto& right) {
    const auto key = [](const Position& at) {
      return std::make_tuple(at.source->override_number, at.length > 0, at.offset);
    };
    return key(left.first) < key(right.first);
  });
  std::vector<Diagnostic> diagnostics;
  diagnostics.reserve(sorted.size());
  for (auto& [position, diagnostic] : sorted) diagnostics.push_back(std::move(diagnostic));
  throw InvalidPipeline(std::move(diagnostics));
}

}  // namespace twopass::pipeline
