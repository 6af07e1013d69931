#pragma once

#include "cpu/gemm.hpp"

namespace twopass::cpu {

// Products with few outputs per row or few rows: linear probes (10 to 30 classes) and their weight gradients.
// A general sgemm packs its large operand first, which here takes longer than the product.

// Whether run_small_gemm knows the form: a b^T with at most 32 columns, or a b or a^T b with at most 32 rows.
bool is_small_gemm(const Gemm& gemm);
// Whether it also takes the factor a in bfloat16: the form a b^T.
bool reads_rounded_a(const Gemm& gemm);

// The whole op, epilogue included. Does not allocate; the result does not depend on `threads`.
void run_small_gemm(const Gemm& gemm, int threads);

}  // namespace twopass::cpu
