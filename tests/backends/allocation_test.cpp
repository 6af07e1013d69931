// A compiled program allocates nothing while it runs. This executable's malloc stands before everyone's.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <span>

#include "conformance/op_cases.hpp"
#include "open_or_skip.hpp"

extern "C" void* __libc_malloc(size_t size);  // NOLINT: glibc's name

namespace {
std::atomic<int64_t> allocations{0};
}

extern "C" void* malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}

namespace twopass::test {

namespace {

using namespace conformance;

// What a library allocates by itself in every product. OpenBLAS: its list of jobs, a few kilobytes.
// oneDNN 2.6: up to 7 times within dnnl_primitive_execute, for its map of arguments and its scratchpad's
// keeper, and up to 9 times where it has no AVX-512.
int64_t of_the_library(const Candidate& candidate, const Program& program) {
  const twopass_program recorded = program.abi_program();
  const int64_t products = std::ranges::count(std::span(recorded.ops, recorded.op_count),
                                              uint32_t{TWOPASS_OP_GEMM}, &twopass_op::code);
  if (candidate.backend == "blas") return products;
  return products * (__builtin_cpu_supports("avx512f") != 0 ? 7 : 9);
}

class Run : public ::testing::TestWithParam<Candidate> {};

TEST_P(Run, AllocatesNothing) {
  const auto device = open_or_skip(GetParam().backend, GetParam().settings);
  if (device == nullptr) return;
  if (GetParam().backend == "cuda") GTEST_SKIP() << "what the CUDA driver allocates is its own affair";
  for (const Case& test_case : cases()) {
    Trial trial(device->device(), {201, 257, 31}, Layout::kDense);
    test_case.record(trial);
    trial.compile();
    trial.run();  // OpenBLAS and OpenMP make their own buffers once
    const int64_t before = allocations;
    trial.run_only();
    EXPECT_LE(allocations - before, of_the_library(GetParam(), trial.program)) << test_case.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, Run, ::testing::ValuesIn(candidates()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace twopass::test
