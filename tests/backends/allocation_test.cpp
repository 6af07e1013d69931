// A compiled program allocates nothing while it runs. This executable's malloc stands before everyone's.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>

#include "backend_under_test.hpp"
#include "cases.hpp"

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

TEST(Run, AllocatesNothing) {
  const auto device = open_backend("blas", {{"threads", "2"}});
  for (const Case& test_case : cases()) {
    Trial trial(device->device(), {201, 257, 31}, Layout::kDense);
    test_case.record(trial);
    trial.compile();
    trial.run();  // OpenBLAS and OpenMP make their own buffers once
    const int64_t before = allocations;
    trial.run_only();
    // OpenBLAS takes its list of jobs, a few kilobytes, from the heap each time.
    EXPECT_LE(allocations - before, test_case.product ? 1 : 0) << test_case.name;
  }
}

}  // namespace
}  // namespace twopass::test
