#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "report/html.hpp"
#include "report/render.hpp"

// The formats for readers: Markdown, LaTeX, HTML and the terminal.
namespace twopass::report {
namespace {

// Enough of a hash to find its run.
constexpr size_t kShownHash = 8;

// Label texts and what cells are made of.
struct Style {
  std::string plus_minus, minus, below;
  std::string best_begin, best_end;
  std::string best_legend;
  std::function<std::string(const std::string&)> escape;
};

std::string replace_all(std::string text,
                        const std::vector<std::pair<std::string, std::string>>& replacements) {
  std::string replaced;
  for (size_t place = 0; place < text.size();) {
    const auto found = std::ranges::find_if(replacements, [&](const auto& pair) {
      return text.compare(place, pair.first.size(), pair.first) == 0;
    });
    replaced += found == replacements.end() ? text.substr(place, 1) : found->second;
    place += found == replacements.end() ? 1 : found->first.size();
  }
  return replaced;
}

Style markdown_style() {
  return {" ± ", "-", "↓ ", "**", "**", "bold", [](const std::string& text) {
            return replace_all(text, {{"|", "\\|"}});
          }};
}

Style terminal_style() {
  return {" ± ", "-", "↓", "*", "", "*", [](const std::string& text) { return text; }};
}

Style html_style() { return {" ± ", "−", "↓ ", "<strong>", "</strong>", "bold", escape_html}; }

Style latex_style() {
  return {" $\\pm$ ", "$-$", "$\\downarrow$ ", "\\textbf{", "}", "bold", [](const std::string& text) {
            return replace_all(text, {{"\\", "\\textbackslash{}"},
                                      {"~", "\\textasciitilde{}"},
                                      {"^", "\\textasciicircum{}"},
                                      {"&", "\\&"},
                                      {"%", "\\%"},
                                      {"$", "\\$"},
                                      {"#", "\\#"},
                                      {"_", "\\_"},
                                      {"{", "\\{"},
                                      {"}", "\\}"},
                                      {"±", "$\\pm$"},
                                      {"↓", "$\\downarrow$"}});
          }};
}

bool several_runs(const Grid& grid) {
  return std::ranges::any_of(grid.cells, [](const Cell& cell) { return cell.values.size() > 1; });
}

// Where runs of a cell may differ in more than the seed.
bool repeats_seeds(const Grid& grid) {
  return std::ranges::any_of(grid.cells, [](const Cell& cell) {
    return std::set(cell.seeds.begin(), cell.seeds.end()).size() < cell.seeds.size();
  });
}

std::string signed_number(const std::string& number, const Style& style) {
  return number.front() == '-' ? style.minus + number.substr(1) : number;
}

// "98.4 ± 0.2 (3) [98.9, -0.5], 1 failed"
std::string cell_text(const Grid& grid, const Cell& cell, const Style& style) {
  if (cell.blank) return "";
  const std::string states = style.escape(states_text(cell));
  std::string text = states.empty() ? "-" : states;
  if (!cell.values.empty()) {
    text = signed_number(grid.shown_mean(cell), style);
    if (const std::optional<double> deviation = cell.deviation())
      text += style.plus_minus + grid.shown(*deviation * grid.scale);
    if (several_runs(grid)) text += fmt::format(" ({})", cell.values.size());
    if (cell.best) text = style.best_begin + text + style.best_end;
    if (cell.below_baseline) text = style.below + text;
  }
  if (cell.published) {
    text += " [" + signed_number(grid.shown(*cell.published), style);
    if (!cell.values.empty()) text += ", " + signed_number(grid.difference(cell), style);
    text += "]";
  }
  return cell.values.empty() || states.empty() ? text : text + ", " + states;
}

// "FF: layer 1, layer 2; BP: all columns"
std::string missing_text(const Grid& grid) {
  std::vector<std::string> rows;
  for (size_t row = 0; row < grid.rows.size(); ++row) {
    std::vector<std::string> missing;
    size_t with_value = 0;
    for (size_t column = 0; column < grid.columns.size(); ++column) {
      if (grid.at(row, column).missing()) missing.push_back(grid.columns[column]);
      if (!grid.at(row, column).blank) ++with_value;
    }
    if (missing.empty()) continue;
    const bool whole_row = missing.size() == with_value && missing.size() > 1;
    rows.push_back(fmt::format("{}: {}", grid.rows[row],
                               whole_row ? "all columns" : fmt::format("{}", fmt::join(missing, ", "))));
  }
  return fmt::format("{}", fmt::join(rows, "; "));
}

std::string legend(const Grid& grid, const Style& style) {
  std::vector<std::string> parts;
  if (grid.scale == 100) parts.emplace_back("in percent");
  if (several_runs(grid))
    parts.push_back(fmt::format("mean ± sample standard deviation (number of {})",
                                repeats_seeds(grid) ? "runs" : "seeds"));
  else if (!grid.hashes.empty())  // not the summary of one run
    parts.emplace_back("one seed each");
  const auto any = [&](auto member) { return std::ranges::any_of(grid.cells, member); };
  if (any(&Cell::best)) parts.push_back(fmt::format("{}: best of its {}", style.best_legend, grid.best_of));
  if (any(&Cell::below_baseline)) parts.push_back(fmt::format("↓: below {}", grid.baseline));
  if (any([](const Cell& cell) { return cell.published.has_value(); }))
    parts.emplace_back("[published number, our difference to it]");
  std::string text = fmt::format("{}", fmt::join(parts, "; "));
  if (text.empty()) return text;
  if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text + ".";
}

std::vector<std::string> footer(const Grid& grid, const Style& style) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& name, const std::string& text) {
    if (!text.empty()) lines.push_back(fmt::format("{}{}", name, text));
  };
  std::vector<std::string> hashes;
  for (const std::string& hash : grid.hashes) hashes.push_back(hash.substr(0, kShownHash));
  add("", legend(grid, style));
  for (const std::string& remark : grid.remarks) add("", remark);
  add("Published: ", grid.source);
  add("Missing: ", missing_text(grid));
  add("Not finished: ", fmt::format("{}", fmt::join(grid.unfinished, "; ")));
  add("Protocol: ", fmt::format("{}", fmt::join(grid.protocol, ", ")));
  add("Runs (config_hash): ", fmt::format("{}", fmt::join(hashes, ", ")));
  return lines;
}

// The header and every row as texts, the row's label first.
std::vector<std::vector<std::string>> texts(const Grid& grid, const Style& style) {
  std::vector<std::vector<std::string>> lines;
  std::vector<std::string>& header = lines.emplace_back(1);
  for (const std::string& column : grid.columns) header.push_back(style.escape(column));
  for (size_t row = 0; row < grid.rows.size(); ++row) {
    std::vector<std::string>& line = lines.emplace_back(1, style.escape(grid.rows[row]));
    for (size_t column = 0; column < grid.columns.size(); ++column)
      line.push_back(cell_text(grid, grid.at(row, column), style));
  }
  return lines;
}

// Characters, which for our letters and signs are the columns of a terminal.
size_t width(const std::string& text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char byte) { return (byte & 0xC0) != 0x80; }));
}

}  // namespace

std::string states_text(const Cell& cell) {
  std::map<std::string, size_t> counts;
  for (const std::string& state : cell.states) ++counts[state];
  std::vector<std::string> parts;
  parts.reserve(counts.size());
  for (const auto& [state, count] : counts) parts.push_back(fmt::format("{} {}", count, state));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string render_markdown(const Grid& grid) {
  const Style style = markdown_style();
  std::string text = grid.title.empty() ? "" : fmt::format("**{}**\n\n", grid.title);
  bool header = true;
  for (const std::vector<std::string>& line : texts(grid, style)) {
    text += fmt::format("| {} |\n", fmt::join(line, " | "));
    if (std::exchange(header, false)) {
      text += "| --- |";
      for (size_t column = 0; column < grid.columns.size(); ++column) text += " ---: |";
      text += "\n";
    }
  }
  for (const std::string& line : footer(grid, style)) text += "\n" + line + "\n";
  return text;
}

std::string render_latex(const Grid& grid) {
  const Style style = latex_style();
  std::string text = "\\begin{table}\n\\centering\n";
  if (!grid.title.empty()) text += fmt::format("\\caption{{{}}}\n", style.escape(grid.title));
  text += fmt::format("\\begin{{tabular}}{{l{}}}\n\\toprule\n", std::string(grid.columns.size(), 'r'));
  bool header = true;
  for (const std::vector<std::string>& line : texts(grid, style)) {
    // Behind \\ and \midrule these two would begin an argument.
    const bool guarded = line[0].starts_with('[') || line[0].starts_with('*');
    text += fmt::format("{}{} \\\\\n", guarded ? "{}" : "", fmt::join(line, " & "));
    if (std::exchange(header, false)) text += "\\midrule\n";
  }
  text += "\\bottomrule\n\\end{tabular}\n";
  for (const std::string& line : footer(grid, style)) text += "\n\\footnotesize " + style.escape(line) + "\n";
  return text + "\\end{table}\n";
}

std::string render_html(const Grid& grid) {
  const Style style = html_style();
  std::string text = "<table>\n";
  if (!grid.title.empty()) text += fmt::format("<caption>{}</caption>\n", style.escape(grid.title));
  const std::vector<std::vector<std::string>> lines = texts(grid, style);
  text += fmt::format("<tr><th>{}</th></tr>\n", fmt::join(lines.front(), "</th><th>"));
  for (size_t row = 0; row < grid.rows.size(); ++row) {
    const std::vector<std::string>& line = lines[row + 1];
    const std::string label =
        grid.row_links.empty() ? line[0] : fmt::format("<a href=\"{}\">{}</a>", grid.row_links[row], line[0]);
    text += fmt::format("<tr><th scope=\"row\">{}</th>", label);
    for (size_t column = 1; column < line.size(); ++column) text += fmt::format("<td>{}</td>", line[column]);
    text += "</tr>\n";
  }
  text += "</table>\n";
  for (const std::string& line : footer(grid, style)) text += fmt::format("<p>{}</p>\n", style.escape(line));
  return text;
}

std::string render_terminal(const Grid& grid) {
  const Style style = terminal_style();
  const std::vector<std::vector<std::string>> lines = texts(grid, style);
  std::vector<size_t> widths(grid.columns.size() + 1);
  for (const std::vector<std::string>& line : lines)
    for (size_t column = 0; column < line.size(); ++column)
      widths[column] = std::max(widths[column], width(line[column]));
  std::string text = grid.title.empty() ? "" : grid.title + "\n\n";
  for (const std::vector<std::string>& line : lines) {
    std::string row = line[0] + std::string(widths[0] - width(line[0]), ' ');
    for (size_t column = 1; column < line.size(); ++column)
      row += "  " + std::string(widths[column] - width(line[column]), ' ') + line[column];
    text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  }
  const std::vector<std::string> notes = footer(grid, style);
  if (!notes.empty()) text += "\n";
  for (const std::string& line : notes) text += line + "\n";
  return text;
}

std::string render(const Grid& grid, Format format) {
  switch (format) {
    case Format::kMarkdown:
      return render_markdown(grid);
    case Format::kLatex:
      return render_latex(grid);
    case Format::kHtml:
      return render_html(grid);
    case Format::kCsv:
      return render_csv(grid);
    case Format::kJson:
      return render_json(grid);
    case Format::kTerminal:
      return render_terminal(grid);
  }
  return {};
}

}  // namespace twopass::report
