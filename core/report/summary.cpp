#include "report/summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <functional>
#include <set>

#include "report/render.hpp"

namespace twopass::report {
namespace {

using nlohmann::json;

constexpr const char* kUntrained = "untrained network";

// An object of the result, empty when it is absent.
json object_at(const json& result, const char* pointer) {
  const json::json_pointer place(pointer);
  return result.contains(place) && result.at(place).is_object() ? result.at(place) : json::object();
}

Cell make_cell(const json& accuracies, const std::string& name) {
  Cell cell;
  if (accuracies.contains(name) && accuracies[name].is_number())
    cell.values = {accuracies[name].get<double>()};
  return cell;
}

constexpr size_t kRawPixels = 1, kFirstFeatures = 2;  // columns; the pretext accuracy comes first

// "Below raw pixels: layer 2 by 11.0, layer 3 by 12.0." Returns the largest difference, in points.
double remark_below(Grid& grid, const char* control, const std::function<const Cell&(size_t)>& floor_of) {
  std::vector<std::string> below;
  double largest = 0;
  for (size_t column = kFirstFeatures; column < grid.columns.size(); ++column) {
    const Cell& features = grid.at(0, column);
    const Cell& floor = floor_of(column);
    if (!grid.is_below(features, floor)) continue;
    const double difference = grid.shown_number(floor) - grid.shown_number(features);
    largest = std::max(largest, difference);
    below.push_back(fmt::format("{} by {}", grid.columns[column], grid.shown(difference)));
  }
  if (!below.empty()) grid.remarks.push_back(fmt::format("Below {}: {}.", control, fmt::join(below, ", ")));
  return largest;
}

// A probe that still learns says less of its features than of its length.
void remark_learning(Grid& grid, const json& result) {
  constexpr double kGain = 0.00499;  // half a point, but for rounding
  const json transfer = object_at(result, "/transfer"), halfway = object_at(transfer, "/halfway");
  std::vector<std::string> gains;
  const auto add = [&](const char* probed, const json& last, const json& before,
                       const std::vector<std::string>& names) {
    double largest = kGain;
    std::string where;
    for (const std::string& name : names) {
      const Cell now = make_cell(last, name), then = make_cell(before, name);
      if (now.values.empty() || then.values.empty() || now.values[0] - then.values[0] < largest) continue;
      largest = now.values[0] - then.values[0];
      where = feature_label(name);
    }
    if (!where.empty()) gains.push_back(fmt::format("{}{} by {}", probed, where, grid.shown(100 * largest)));
  };
  for (const auto& [probed, path] :
       {std::pair{"pretrained ", "/features"}, {"untrained ", "/controls/untrained"}}) {
    const json last = object_at(transfer, path);
    add(probed, last, object_at(halfway, path), feature_sets(last));
  }
  add("", object_at(transfer, "/controls"), object_at(halfway, "/controls"), {"raw_pixels"});
  const json pretext = object_at(result, "/pretext/probe");
  add("pretext task ", pretext, object_at(result, "/pretext/probe_halfway"), feature_sets(pretext));
  if (!gains.empty())
    grid.remarks.push_back(
        fmt::format("In the second half of their epochs the probes still gained ({}): more "
                    "transfer.epochs may change the order.",
                    fmt::join(gains, "; ")));
}

}  // namespace

std::vector<std::string> feature_sets(const json& features) {
  std::vector<std::string> names;
  for (int layer = 1; features.contains(fmt::format("layer{}", layer)); ++layer)
    names.push_back(fmt::format("layer{}", layer));
  for (const char* name : {"last_three", "all"})
    if (features.contains(name)) names.emplace_back(name);
  const std::set<std::string> listed(names.begin(), names.end());
  for (const auto& [name, accuracy] : features.items())
    if (!listed.contains(name)) names.push_back(name);
  return names;
}

std::string feature_label(const std::string& name) {
  std::string text;
  for (const char character : name) {
    const bool first_digit = std::isdigit(static_cast<unsigned char>(character)) != 0 && !text.empty() &&
                             std::isalpha(static_cast<unsigned char>(text.back())) != 0;
    if (first_digit) text += ' ';
    text += character == '_' ? ' ' : character;
  }
  return text;
}

Grid summary_grid(const json& result) {
  const json transfer = object_at(result, "/transfer");
  const json features = object_at(transfer, "/features");
  const json controls = object_at(transfer, "/controls");
  const json untrained = object_at(controls, "/untrained");
  Grid grid;
  grid.scale = 100;
  grid.decimals = 1;
  grid.title = fmt::format("{}, seed {}: pretext task {}, linear probe on {} with frozen features",
                           result.value("name", "?"), result.value("seed", uint64_t{0}),
                           object_at(result, "/pretext").value("task", "?"), transfer.value("dataset", "?"));
  grid.rows = {"pretrained", kUntrained};
  grid.columns = {"pretext", "raw pixels"};
  grid.cells = {make_cell(object_at(result, "/pretext"), "test_accuracy"), make_cell(controls, "raw_pixels")};
  const std::vector<std::string> sets = feature_sets(features);
  for (const std::string& name : sets) {
    grid.columns.push_back(feature_label(name));
    grid.cells.push_back(make_cell(features, name));
  }
  grid.cells.emplace_back().blank = true;  // an untrained network has no pretext accuracy
  grid.cells.push_back(make_cell(controls, "raw_pixels"));
  for (const std::string& name : sets) grid.cells.push_back(make_cell(untrained, name));

  mark_below(grid, kUntrained);
  if (const json probe = object_at(result, "/pretext/probe"); !probe.empty()) {
    grid.rows.emplace_back("pretext task, by probes");
    for (size_t column = 0; column < kFirstFeatures; ++column) grid.cells.emplace_back().blank = true;
    for (const std::string& name : sets) grid.cells.push_back(make_cell(probe, name));
    grid.at(0, 0).blank = true;  // this trainer has no other
  }
  const double deficit = remark_below(grid, "the untrained network",
                                      [&](size_t column) -> const Cell& { return grid.at(1, column); });
  constexpr double kChance = 1;  // point; seeds differ by some tenths
  if (deficit >= kChance)
    grid.remarks.emplace_back("Those features tell the classes apart less well than no pretraining at all.");
  else if (deficit > 0)
    grid.remarks.emplace_back("With one seed, such small differences may be chance.");
  remark_below(grid, "raw pixels", [&](size_t) -> const Cell& { return grid.at(0, kRawPixels); });
  remark_learning(grid, result);
  if (const json held_out = result.value("validation_size", json()); held_out.is_number())
    grid.remarks.push_back(fmt::format(
        "Accuracies are of {} training images held out, not of the test images.", held_out.dump()));
  if (result.contains("initial_weights"))
    grid.remarks.emplace_back("The network began with the weights that trainer.initial_weights names.");
  return grid;
}

std::string summary(const json& result, Format format) { return render(summary_grid(result), format); }

}  // namespace twopass::report
