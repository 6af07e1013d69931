#include "report/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/html.hpp"

namespace twopass::report {
namespace {

constexpr double kWidth = 360, kHeight = 200;  // of the drawing, in its own unit
constexpr double kLeft = 44, kRight = 10, kTop = 8, kBottom = 34;
constexpr size_t kColors = 8;
constexpr double kSlack = 1e-9;  // of a step, for rounding
constexpr size_t kMarked = 20;   // lines of so many points show each

// The axis from `low` to `high`, with a tick every `step`.
struct Axis {
  double low = 0, high = 1, step = 1;

  double share(double value) const { return (value - low) / (high - low); }
  std::vector<double> ticks() const {
    std::vector<double> values;
    for (double count = std::ceil(low / step - kSlack); count * step <= high + kSlack * step; ++count)
      values.push_back(count * step);
    return values;
  }
};

// 1, 2 or 5 times a power of ten, so that about four make up the range.
double tick_step(double range) {
  const double rough = range / 4;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (rough <= factor * power) return factor * power;
  return 10 * power;
}

Axis whole_numbers(double low, double high) {
  if (low == high) return {low - 1, high + 1, 1};
  return {low, high, std::max(1.0, tick_step(high - low))};
}

// Ends at ticks.
Axis rounded(double low, double high) {
  if (low == 0 && high == 0) high = 1;
  if (high - low <= kSlack * std::max(std::abs(low), std::abs(high))) {
    low -= std::abs(low) / 10;
    high += std::abs(high) / 10;
  }
  const double step = tick_step(high - low);
  return {std::floor(low / step + kSlack) * step, std::ceil(high / step - kSlack) * step, step};
}

class Drawing {
 public:
  explicit Drawing(Chart chart) : chart_(std::move(chart)) {
    double left = INFINITY, right = -INFINITY, low = INFINITY, high = -INFINITY;
    for (Line& line : chart_.lines) {
      if (std::ranges::find(labels_, line.label) == labels_.end()) labels_.push_back(line.label);
      std::erase_if(line.points, [](const auto& point) { return !std::isfinite(point.second); });
      for (auto& [x, y] : line.points) {
        y *= chart_.scale;
        left = std::min(left, x), right = std::max(right, x);
        low = std::min(low, y), high = std::max(high, y);
      }
    }
    if (left > right) return;
    x_ = whole_numbers(left, right);
    y_ = rounded(low, high);
  }

  std::string text() const {
    std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", kWidth,
                                  kHeight, escape_html(chart_.title));
    for (const double tick : y_.ticks())
      svg += fmt::format(
          "<path class=\"grid\" d=\"M{} {:.1f}H{}\"/><text x=\"{}\" y=\"{:.1f}\" class=\"y\">{}</text>\n",
          kLeft, vertical(tick), kWidth - kRight, kLeft - 5, vertical(tick) + 4, number(tick, y_.step));
    for (const double tick : x_.ticks())
      svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\" class=\"x\">{}</text>\n", horizontal(tick),
                         kHeight - kBottom + 15, number(tick, x_.step));
    svg += fmt::format("<text x=\"{}\" y=\"{}\" class=\"x\">{}</text>\n", (kLeft + kWidth - kRight) / 2,
                       kHeight - 4, escape_html(chart_.x_label));
    for (size_t line = 0; line < chart_.lines.size(); ++line) svg += curve(line);
    return svg + "</svg>\n";
  }

  std::string legend() const {
    std::string keys;
    for (size_t label = 0; label < labels_.size(); ++label)
      keys += fmt::format("<span class=\"c{}\">{}</span>\n", label % kColors, escape_html(labels_[label]));
    return keys;
  }

 private:
  double horizontal(double x) const { return kLeft + x_.share(x) * (kWidth - kLeft - kRight); }
  double vertical(double y) const { return kHeight - kBottom - y_.share(y) * (kHeight - kTop - kBottom); }

  // With the digits that tell one tick from the next, and no minus in front of a zero. Thousands as k: the
  // margin is narrow.
  static std::string number(double value, double step) {
    if (step >= 1000) return number(value / 1000, step / 1000) + "k";
    const int digits = static_cast<int>(std::max(0.0, -std::floor(std::log10(step) + kSlack)));
    return fmt::format("{:.{}f}", std::abs(value) < step / 2 ? 0.0 : value, digits);
  }

  // Lines of one label share theirs.
  size_t color(size_t line) const {
    const std::vector<Line>& lines = chart_.lines;
    return static_cast<size_t>(std::ranges::find(labels_, lines[line].label) - labels_.begin()) % kColors;
  }

  std::string curve(size_t index) const {
    const Line& line = chart_.lines[index];
    std::string points, marks;
    for (const auto& [x, y] : line.points) {
      points += fmt::format("{}{:.1f},{:.1f}", points.empty() ? "" : " ", horizontal(x), vertical(y));
      if (line.points.size() <= kMarked)
        marks += fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="2.5"/>)", horizontal(x), vertical(y));
    }
    return fmt::format("<g class=\"c{}{}\"><polyline points=\"{}\"/>{}</g>\n", color(index),
                       line.dashed ? " dashed" : "", points, marks);
  }

  Chart chart_;
  std::vector<std::string> labels_;  // each once
  Axis x_, y_;
};

}  // namespace

std::string draw(const Chart& chart) {
  const Drawing drawing(chart);
  return fmt::format("<figure>\n<figcaption>{}</figcaption>\n{}<p class=\"legend\">{}</p>\n</figure>\n",
                     escape_html(chart.title), drawing.text(), drawing.legend());
}

// The colours of Okabe and Ito, which people who do not see all colours can tell apart.
const char* chart_style() {
  return R"(figure { margin: 0 }
figcaption { font-weight: 600 }
svg { width: 100%; font-size: 11px; fill: currentColor }
svg .grid { stroke: currentColor; stroke-opacity: .15 }
svg .y { text-anchor: end }
svg .x { text-anchor: middle }
polyline { fill: none; stroke: currentColor; stroke-width: 1.6 }
.dashed polyline { stroke-dasharray: 4 3 }
.legend { margin: 0 0 0 3em; font-size: 85% }
.legend span { margin-right: 1em }
.legend span::before { content: "\25CF\00A0" }
.c0 { color: #0072b2 } .c1 { color: #d55e00 } .c2 { color: #009e73 } .c3 { color: #cc79a7 }
.c4 { color: #e69f00 } .c5 { color: #56b4e9 } .c6 { color: #b0a000 } .c7 { color: #888888 }
)";
}

}  // namespace twopass::report
