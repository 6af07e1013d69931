// Every op, on every backend, against the float64 reference.

#include <gtest/gtest.h>

#include <tuple>

#include "backend_under_test.hpp"
#include "conformance/op_check.hpp"

namespace twopass::test {

namespace {

using namespace conformance;

class Conformance : public ::testing::TestWithParam<std::tuple<Candidate, Case>> {};

TEST_P(Conformance, MatchesTheReference) {
  const auto& [candidate, test_case] = GetParam();
  std::unique_ptr<host::HostDevice> device;
  try {
    device = open_backend(candidate.backend, candidate.settings);
  } catch (const Error& e) {
    if (e.status() != TWOPASS_UNAVAILABLE) throw;
    GTEST_SKIP() << e.what();
  }
  EXPECT_EQ(conformance::judge_op(*device, test_case), "");
}

// Products are OpenBLAS's, which splits its work by the number of threads.
TEST(Threads, DoNotChangeTheResult) {
  const auto one = open_backend("blas", {{"threads", "1"}}), three = open_backend("blas", {{"threads", "3"}});
  for (const Case& test_case : cases()) {
    if (test_case.product) continue;
    SCOPED_TRACE(test_case.name);
    const Shape shape{1021, 257, 31};
    Trial alone(one->device(), shape, Layout::kDense), shared(three->device(), shape, Layout::kDense);
    for (Trial* trial : {&alone, &shared}) {
      test_case.record(*trial);
      trial->compile();
    }
    EXPECT_EQ(alone.run(), shared.run());
  }
}

INSTANTIATE_TEST_SUITE_P(Op, Conformance,
                         ::testing::Combine(::testing::ValuesIn(candidates()), ::testing::ValuesIn(cases())),
                         [](const auto& instance) {
                           return std::get<0>(instance.param).label + "_" + std::get<1>(instance.param).name;
                         });

}  // namespace
}  // namespace twopass::test
