#pragma once

#include <string>
#include <vector>

#include "report/definition.hpp"
#include "report/run_folder.hpp"

// Which runs a definition means, and whether they may share a cell.
namespace twopass::report {

// Throws Error, with file and line, for a field of the definition that no run has.
void check_fields(const Definition& definition, const std::vector<Run>& runs);

// Fills rows or columns that are given by a field alone: one for each value among the runs that the
// definition's `where` admits, numbers by size and texts by alphabet.
void complete_axis(Axis& axis, const Definition& definition, const std::vector<Run>& runs);

// How many runs are in no cell for lack of the field that `axis` was filled in by, though they fit all else.
size_t runs_without(const Axis& axis, const Axis& other, const Definition& definition,
                    const std::vector<Run>& runs);

// The runs that fit the definition, the row and the column, by seed.
std::vector<const Run*> select_runs(const Definition& definition, const Heading& row, const Heading& column,
                                    const std::vector<Run>& runs);

// The runs of a cell must be one configuration with as many seeds. Throws Error that names both folders, and
// the key in which they differ. `cell` says which one for the message.
void check_cell(const Definition& definition, const std::string& cell, const std::vector<const Run*>& runs);

}  // namespace twopass::report
