// Every op, on every backend, against the float64 reference.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <tuple>

#include "backend_under_test.hpp"
#include "conformance/op_check.hpp"
#include "host/log.hpp"
#include "twopass/program.hpp"

namespace twopass::test {

namespace {

using namespace conformance;
using ::testing::HasSubstr;

// See cuda_on_host/CMakeLists.txt. Empty where it is not built.
host::Registry& cuda_on_host() {
  static host::Registry registry({CUDA_ON_HOST});
  return registry;
}

std::vector<Candidate> on_host(const std::string& label, const Settings& settings) {
  if (cuda_on_host().names(TWOPASS_BACKEND).empty()) return {};
  return {{"cuda_on_host" + label, "cuda", settings}};
}

std::vector<Case> products() {
  std::vector<Case> result;
  std::ranges::copy_if(cases(), std::back_inserter(result), &Case::product);
  return result;
}

class Conformance : public ::testing::TestWithParam<std::tuple<Candidate, Case>> {};

TEST_P(Conformance, MatchesTheReference) {
  const auto& [candidate, test_case] = GetParam();
  const bool emulated = candidate.label.starts_with("cuda_on_host");
  std::unique_ptr<host::HostDevice> device;
  try {
    device = open_backend(candidate.backend, candidate.settings, emulated ? cuda_on_host() : plugins());
  } catch (const Error& e) {
    if (e.status() != TWOPASS_UNAVAILABLE) throw;
    GTEST_SKIP() << e.what();
  }
  EXPECT_EQ(judge_op(*device, test_case, emulated ? Shapes::kQuick : Shapes::kAll), "");
}

// Views that begin at an odd address, which cublasLt declines: of such products the large ones are told.
TEST(CudaOnHost, TellsOfAProductThatAPlainKernelComputes) {
  if (cuda_on_host().names(TWOPASS_BACKEND).empty()) GTEST_SKIP() << "it was not built";
  static std::vector<std::string> texts;
  const auto device = open_backend("cuda", {}, cuda_on_host());
  host::set_log_sink([](uint32_t, const std::string& text) { texts.push_back(text); });
  for (const int64_t inner : {64, 65})
    for (const int64_t first_column : {0, 1}) {
      Program program("forward");
      const Tensor a = device->device().tensor("a", TWOPASS_INPUT, 256, inner + 1);
      program.gemm({.a = a.column_range(first_column, inner),
                    .b = device->device().tensor("b", TWOPASS_INPUT, inner, 256),
                    .out = program.temp("out", 256, 256)});
      device->device().compile(program);
    }
  host::set_log_sink(nullptr);
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_THAT(texts[0],
              HasSubstr("cublasLt does not take the product 256x256x64 (rows x columns x inner), so "
                        "forward computes it by a plain, slower kernel"));
}

// Products are OpenBLAS's, which splits its work by the number of threads.
TEST(Threads, DoNotChangeTheResult) {
  const auto one = open_backend("blas", {"threads=1"}), three = open_backend("blas", {"threads=3"});
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

std::string name_of(const ::testing::TestParamInfo<std::tuple<Candidate, Case>>& instance) {
  return std::get<0>(instance.param).label + "_" + std::get<1>(instance.param).name;
}

INSTANTIATE_TEST_SUITE_P(Op, Conformance,
                         ::testing::Combine(::testing::ValuesIn(candidates()), ::testing::ValuesIn(cases())),
                         name_of);
INSTANTIATE_TEST_SUITE_P(OnHost, Conformance,
                         ::testing::Combine(::testing::ValuesIn(on_host("", {})),
                                            ::testing::ValuesIn(cases())),
                         name_of);
INSTANTIATE_TEST_SUITE_P(OnHostRounded, Conformance,
                         ::testing::Combine(::testing::ValuesIn(on_host("_bfloat16", {"precision=bfloat16",
                                                                                      "graph=false"})),
                                            ::testing::ValuesIn(products())),
                         name_of);

}  // namespace
}  // namespace twopass::test
