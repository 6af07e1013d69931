#pragma once

#include <string>

#include "report/format.hpp"
#include "report/grid.hpp"

namespace twopass::report {

std::string render(const Grid& grid, Format format);

// What render() is made of.
std::string render_markdown(const Grid& grid);
std::string render_latex(const Grid& grid);
std::string render_html(const Grid& grid);
std::string render_terminal(const Grid& grid);
std::string render_csv(const Grid& grid);
std::string render_json(const Grid& grid);

// "2 failed, 1 running or killed"; empty for a cell whose runs are all done.
std::string states_text(const Cell& cell);

}  // namespace twopass::report
