#pragma once

#include <cstdint>
#include <span>

namespace twopass::run {

// How many dimensions features make use of, from 1 (all on one line) to min(rows - 1, columns): the
// exponential of the entropy of the singular values s of the centred matrix, each divided by their sum (Roy
// and Vetterli 2007, The effective rank: A measure of effective dimensionality):
//   exp(-sum p log p),  p = s / sum s.
// 0 when all rows are the same. `values` is [rows, stride] row by row, of which `columns` columns from
// `first_column` on are looked at; rows >= 1.
double effective_rank(std::span<const float> values, int64_t rows, int64_t stride, int64_t first_column,
                      int64_t columns);

}  // namespace twopass::run
