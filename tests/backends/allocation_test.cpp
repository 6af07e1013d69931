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

struct Candidate {
  std::string backend;
  Settings settings;
};

class Run : public ::testing::TestWithParam<Candidate> {};

TEST_P(Run, AllocatesNothing) {
  std::unique_ptr<host::HostDevice> device;
  try {
    device = open_backend(GetParam().backend, GetParam().settings);
  } catch (const Error& e) {
    if (e.status() != TWOPASS_UNAVAILABLE) throw;
    GTEST_SKIP() << e.what();
  }
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

INSTANTIATE_TEST_SUITE_P(
    Backends, Run,
    ::testing::Values(Candidate{"blas", {{"threads", "2"}}}, Candidate{"onednn", {{"threads", "2"}}},
                      Candidate{"onednn", {{"threads", "2"}, {"precision", "bfloat16"}}}));

}  // namespace
}  // namespace twopass::test
