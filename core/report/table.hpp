#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/format.hpp"

namespace twopass::report {

// The table that the YAML file `definition` describes, made of every run below the folders `results`. Each
// cell is the mean over the seeds of one configuration. No path gets into it, so copied folders give the same
// bytes.
//
//   title: Rotation, pretext accuracy
//   where: {dataset: mnist}                      # only runs whose field has this value, or one of a list
//   rows: {field: pretext, values: [rotation]}   # or a field alone, or a list as for columns
//   columns:
//     - {label: FF, where: {trainer: ff}}        # a `value` here goes before the table's
//     - {label: BP, where: {trainer: bp}}
//   value: pretext.test_accuracy                 # a path into result.json, or config.* for config.yaml
//   percent: true
//
// docs/tables.md describes all keys. Throws Error: TWOPASS_INVALID_ARGUMENT for a definition that is wrong or
// does not fit the runs (file:line, nearest name), for runs of one cell that differ in more than the seed,
// and for one seed in two folders (both are named); TWOPASS_NOT_FOUND when there is no results folder or no
// run fits; TWOPASS_CORRUPT for a run folder that cannot be read.
std::string table(const std::filesystem::path& definition, const std::vector<std::filesystem::path>& results,
                  Format format);

}  // namespace twopass::report
