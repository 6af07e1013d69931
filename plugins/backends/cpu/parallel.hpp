#pragma once

#include <algorithm>
#include <cstdint>

namespace twopass::cpu {

// Below this many elements, waking the other threads costs more than they save.
inline constexpr int64_t kSerialElements = 8192;

// Calls body(first, end) on contiguous parts of [0, count), one per thread. Which part a thread gets is
// fixed; kernels compute every output element on its own, so results do not depend on the number of threads.
template <class Body>
void parallel_parts(int threads, int64_t count, int64_t elements, const Body& body) {
  const int parts = elements < kSerialElements ? 1 : static_cast<int>(std::min<int64_t>(threads, count));
  if (parts <= 1) return body(int64_t{0}, count);
#pragma omp parallel for num_threads(parts) schedule(static, 1)
  for (int part = 0; part < parts; ++part) body(count * part / parts, count * (part + 1) / parts);
}

// Calls body(row) for every row.
template <class Body>
void parallel_rows(int threads, int64_t rows, int64_t columns, const Body& body) {
  parallel_parts(threads, rows, rows * columns, [&](int64_t first, int64_t end) {
    for (int64_t row = first; row < end; ++row) body(row);
  });
}

// Calls body(row, column, count) for runs of elements that cover a whole [rows, columns]: rows, or, where
// every operand is dense, one run per thread (then row is 0 and column counts through all rows).
template <class Body>
void parallel_spans(int threads, int64_t rows, int64_t columns, bool dense, const Body& body) {
  if (!dense)
    return parallel_rows(threads, rows, columns, [&](int64_t row) { body(row, int64_t{0}, columns); });
  constexpr int64_t kLine = 16;  // floats in a cache line: threads never share one
  const int64_t total = rows * columns, lines = (total + kLine - 1) / kLine;
  parallel_parts(threads, lines, total, [&](int64_t first, int64_t end) {
    body(int64_t{0}, first * kLine, std::min(end * kLine, total) - first * kLine);
  });
}

}  // namespace twopass::cpu
