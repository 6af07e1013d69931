#pragma once

#include <string>
#include <utility>
#include <vector>

namespace twopass::report {

struct Line {
  std::string label;
  std::vector<std::pair<double, double>> points;  // x, y; by x
  bool dashed = false;
};

struct Chart {
  std::string title, x_label;
  std::vector<Line> lines;
  double scale = 1;  // of y: 100 shows fractions as percent
};

// An XHTML figure: title, drawing (SVG) and legend. Colours are the classes c0 to c7 of chart_style(), by
// line; lines of one label share theirs. The axis of x has whole numbers. Points that are no number are left
// out.
std::string draw(const Chart& chart);

// The CSS that draw() relies on.
const char* chart_style();

}  // namespace twopass::report
