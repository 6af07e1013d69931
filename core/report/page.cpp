#include "report/page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "pipeline/numbers.hpp"
#include "report/chart.hpp"
#include "report/html.hpp"
#include "report/render.hpp"
#include "report/run_folder.hpp"
#include "report/summary.hpp"
#include "twopass/error.hpp"

namespace twopass::report {
namespace {

using nlohmann::json;

constexpr const char* kStyle = R"(:root { color-scheme: light dark }
body { font: 16px/1.45 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem }
section { border-top: 1px solid; margin-top: 2.5rem }
table { border-collapse: collapse; margin: 1rem 0 }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem }
th, td { padding: .15rem .6rem; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
tr > :first-child { text-align: left; font-weight: normal; white-space: normal; overflow-wrap: anywhere }
.wide p { margin: .2rem 0 }
tr:nth-child(even) { background: rgba(128, 128, 128, .12) }
.wide { overflow-x: auto }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(21rem, 1fr)); gap: 1.2rem }
pre { overflow-x: auto }
)";

std::string anchor(size_t run) { return fmt::format("run{}", run + 1); }

std::string paragraph(const std::string& text) {
  return text.empty() ? "" : fmt::format("<p>{}</p>\n", escape_html(text));
}

std::string table(const Grid& grid) {
  return fmt::format("<div class=\"wide\">\n{}</div>\n", render(grid, Format::kHtml));
}

// What `read` makes of a run's files; what they hold may be JSON and yet of another shape than twopass
// writes.
template <class Read>
auto reading(const Run& run, const Read& read) {
  try {
    return read();
  } catch (const json::exception& e) {
    throw Error(fmt::format("{}: result.json or metrics.jsonl is not as twopass writes it ({}); run this run "
                            "again or remove its folder",
                            run.folder, e.what()),
                TWOPASS_CORRUPT);
  }
}

// A row for each run, in the columns of its summary.
Grid overview(const std::vector<Run>& runs) {
  Grid all = summary_grid(json::object());
  all.title.clear();
  all.rows.clear();
  all.cells.clear();
  std::vector<Grid> single;
  for (const Run& run : runs) {
    const Grid& grid = single.emplace_back(reading(run, [&] { return summary_grid(run.result); }));
    for (const std::string& column : grid.columns)
      if (std::ranges::find(all.columns, column) == all.columns.end()) all.columns.push_back(column);
  }
  for (size_t index = 0; index < runs.size(); ++index) {
    all.rows.push_back(runs[index].folder);
    all.row_links.push_back("#" + anchor(index));
    const Grid& grid = single[index];
    for (const std::string& column : all.columns) {
      Cell& cell = all.cells.emplace_back();
      const auto found = std::ranges::find(grid.columns, column);
      if (found != grid.columns.end()) cell = grid.at(0, static_cast<size_t>(found - grid.columns.begin()));
      cell.blank = cell.values.empty();
      if (&column == &all.columns.front() && !runs[index].done()) {
        cell.blank = false;
        cell.states = {runs[index].state};
      }
    }
  }
  all.baseline = "the same features of the untrained network";
  return all;
}

std::string facts(const Run& run) {
  std::vector<std::string> parts{run.state};
  const auto text = [&](const char* before, const char* field, const char* after = "") {
    if (const std::string* found = run.find(field)) parts.push_back(before + *found + after);
  };
  const auto whole_number = [&](const char* before, const char* field, double scale, const char* after) {
    const std::string* found = run.find(field);
    const std::optional<double> value = found == nullptr ? std::nullopt : pipeline::parse_number(*found);
    if (value) parts.push_back(fmt::format("{}{:.0f} {}", before, *value * scale, after));
  };
  text("pretext ", "config.pretext.plugin");
  if (run.text("config.pretext.redraw") == "false") parts.emplace_back("transforms drawn once");
  text("trainer ", "config.trainer.plugin");
  text("seed ", "config.seed");
  text("", "config.trainer.epochs", " epochs");
  text("", "backend.device");
  text("", "backend.precision");
  text("threads: ", "backend.threads");
  whole_number("trained in ", "speed.train_seconds", 1, "s");
  whole_number("", "speed.train_samples_per_second", 1, "images/s");
  whole_number("at most ", "speed.peak_memory_bytes", 1e-6, "MB");
  text("config_hash ", "config_hash");
  return paragraph(fmt::format("{}", fmt::join(parts, " · "))) + paragraph(run.message);
}

// Class accuracy over the layers, with the controls.
Chart transfer_chart(const json& result) {
  Chart chart{.title = "Linear probe: class accuracy in %", .x_label = "layer", .lines = {}, .scale = 100};
  const json transfer = result.value("transfer", json::object());
  const json controls = transfer.value("controls", json::object());
  const auto by_layer = [&](const char* label, const json& accuracies) {
    Line line{.label = label, .points = {}, .dashed = false};
    for (int layer = 1; accuracies.contains(fmt::format("layer{}", layer)); ++layer)
      line.points.emplace_back(layer, accuracies[fmt::format("layer{}", layer)].get<double>());
    if (!line.points.empty()) chart.lines.push_back(std::move(line));
  };
  by_layer("pretrained", transfer.value("features", json::object()));
  by_layer("untrained network", controls.value("untrained", json::object()));
  if (!chart.lines.empty() && controls.contains("raw_pixels")) {
    const double accuracy = controls["raw_pixels"].get<double>();
    Line& line = chart.lines.emplace_back(Line{.label = "raw pixels", .points = {}, .dashed = true});
    for (const auto& [layer, unused] : chart.lines.front().points) line.points.emplace_back(layer, accuracy);
  }
  return chart;
}

// Adds a point at `epoch` to the line `label` of the chart `title`.
void add_point(std::vector<Chart>& charts, const std::string& title, const std::string& label, bool dashed,
               double epoch, const json& value, double scale = 1) {
  if (!value.is_number()) return;
  auto chart = std::ranges::find(charts, title, &Chart::title);
  if (chart == charts.end())
    chart = charts.insert(chart, Chart{.title = title, .x_label = "epoch", .lines = {}, .scale = scale});
  auto line = std::ranges::find_if(chart->lines, [&](const Line& candidate) {
    return candidate.label == label && candidate.dashed == dashed;
  });
  if (line == chart->lines.end())
    line = chart->lines.insert(line, Line{.label = label, .points = {}, .dashed = dashed});
  line->points.emplace_back(epoch, value.get<double>());
}

// "layer2.goodness_negative" belongs to layer 2 in the chart of goodness.
void add_train_metric(std::vector<Chart>& charts, const std::string& metric, double epoch,
                      const json& value) {
  const size_t dot = metric.rfind('.');
  const std::string layer = dot == std::string::npos ? "network" : feature_label(metric.substr(0, dot));
  std::string name = dot == std::string::npos ? metric : metric.substr(dot + 1);
  bool dashed = false;
  for (const std::string& side : {std::string("_positive"), std::string("_negative")})
    if (name.ends_with(side)) {
      dashed = side == "_negative";
      name = name.substr(0, name.size() - side.size()) + ": positives, and negatives dashed";
    }
  add_point(charts, "Training: " + feature_label(name), layer, dashed, epoch, value);
}

// The lines of layers by their number, then the others.
void sort_lines(Chart& chart) {
  const auto place = [](const Line& line) {
    int layer = 0;
    return std::sscanf(line.label.c_str(), "layer %d", &layer) == 1 ? layer : std::numeric_limits<int>::max();
  };
  std::ranges::stable_sort(chart.lines, {}, place);
}

std::vector<Chart> epoch_charts(const std::vector<json>& metrics) {
  std::vector<Chart> charts;
  const auto add = [&](const char* key, const auto& add_one) {
    for (const json& line : metrics) {
      if (!line.contains(key)) continue;
      for (const auto& [name, value] : line[key].items()) add_one(name, line.value("epoch", 0.0), value);
    }
  };
  add("test_accuracy", [&](const std::string& name, double epoch, const json& value) {
    add_point(charts, "Pretext task: test accuracy in %", feature_label(name), false, epoch, value, 100);
  });
  add("train", [&](const std::string& name, double epoch, const json& value) {
    add_train_metric(charts, name, epoch, value);
  });
  add("dead_units", [&](const std::string& name, double epoch, const json& value) {
    add_point(charts, "Dead units in %", feature_label(name), false, epoch, value, 100);
  });
  for (Chart& chart : charts) sort_lines(chart);
  return charts;
}

// Effective rank, dead units and goodness gap: a row for each layer. Empty without insight.
std::string insight_table(const json& result) {
  const json insight = result.value("insight", json::object());
  std::vector<std::pair<std::string, json>> rows;
  for (const auto& [network, addition] :
       {std::pair{"pretrained", ""}, std::pair{"untrained", ", untrained"}}) {
    const json layers = insight.value(network, json::object());
    for (const std::string& layer : feature_sets(layers))
      rows.emplace_back(feature_label(layer) + addition, layers[layer]);
  }
  if (rows.empty()) return "";
  Grid grid;
  grid.title = "What each layer does with test images";
  for (const auto& [name, value] : rows.front().second.items()) grid.columns.push_back(feature_label(name));
  for (const auto& [label, values] : rows) {
    grid.rows.push_back(label);
    for (const auto& [name, unused] : rows.front().second.items()) {
      Cell& cell = grid.cells.emplace_back();
      if (values.contains(name) && values[name].is_number()) cell.values = {values[name].get<double>()};
      cell.blank = cell.values.empty();
    }
  }
  return table(grid);
}

std::string section(const Run& run, const std::string& id) {
  std::string html = fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n", id, escape_html(run.folder));
  html += facts(run);
  if (run.done()) html += table(summary_grid(run.result));
  html += "<div class=\"charts\">\n";
  if (const Chart chart = transfer_chart(run.result); !chart.lines.empty()) html += draw(chart);
  for (const Chart& chart : epoch_charts(read_metrics(run.folder))) html += draw(chart);
  html += "</div>\n" + insight_table(run.result);
  return html + fmt::format("<details><summary>config.yaml</summary>\n<pre>{}</pre></details>\n</section>\n",
                            escape_html(run.config));
}

}  // namespace

std::string page(const std::vector<std::filesystem::path>& results) {
  const std::vector<Run> runs = read_runs(results);
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
      "<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width\"/>\n"
      "<title>twopass: results</title>\n";
  html += fmt::format("<style>\n{}{}</style>\n</head>\n<body>\n<h1>twopass: {} run{}</h1>\n", kStyle,
                      chart_style(), runs.size(), runs.size() == 1 ? "" : "s");
  html += table(overview(runs));
  for (size_t index = 0; index < runs.size(); ++index)
    html += reading(runs[index], [&] { return section(runs[index], anchor(index)); });
  return html + "</body>\n</html>\n";
}

}  // namespace twopass::report
