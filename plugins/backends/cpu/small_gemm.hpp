#pragma once

#include "cpu/gemm.hpp"

namespace twopass::cpu {

// Products with one tiny side: label columns (k of 1 to 24), linear probes (n of 10 to 30, and their weight
// gradients, m of 10 to 30). A general sgemm packs its operands first, which here takes longer than the
// product.

// Whether run_small_gemm knows the form, the tiny side being at most 32.
bool is_small_gemm(const Gemm& gemm);

// The whole op, epilogue included. Does not allocate; the result does not depend on `threads`.
void run_small_gemm(const Gemm& gemm, int threads);

}  // namespace twopass::cpu
