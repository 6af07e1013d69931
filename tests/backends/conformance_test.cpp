// Every op, on every backend, against the float64 reference.

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <tuple>

#include "backend_under_test.hpp"
#include "cases.hpp"
#include "twopass/testing/reference_backend.hpp"

namespace twopass::test {

namespace {

double normalized_error(const std::vector<double>& actual, const std::vector<double>& expected) {
  double error = 0, size = 0;
  for (size_t index = 0; index < expected.size(); ++index) {
    error += (actual[index] - expected[index]) * (actual[index] - expected[index]);
    size += expected[index] * expected[index];
  }
  return size > 0 ? error / size : error;
}

std::string text(const Shape& shape, Layout layout) {
  return "m=" + std::to_string(shape.m) + " n=" + std::to_string(shape.n) + " k=" + std::to_string(shape.k) +
         (layout == Layout::kStrided ? ", strided" : ", dense");
}

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

class Conformance : public ::testing::TestWithParam<std::tuple<Candidate, Case>> {
 protected:
  // Calls body(shape, layout, bound) for everything a case is tried on, or skips where the backend cannot
  // run.
  template <class Body>
  void each(const Body& body) {
    const auto& [candidate, test_case] = GetParam();
    const bool emulated = candidate.label.starts_with("cuda_on_host");
    try {
      device_ = open_backend(candidate.backend, candidate.settings, emulated ? cuda_on_host() : plugins());
    } catch (const Error& e) {
      if (e.status() != TWOPASS_UNAVAILABLE) throw;
      GTEST_SKIP() << e.what();
    }
    constexpr double kRoundedInputs = 1e-4;  // two factors of 8 bits: relative error 2^-8 each, averaged
    const bool rounded = test_case.product && std::string(device_->info().precision) != "float32";
    for (const Shape& shape : shapes())
      for (const Layout layout : {Layout::kDense, Layout::kStrided}) {
        // The reference takes its time, and so does an emulated GPU.
        if (shape.m > 65536 && (layout == Layout::kStrided || emulated)) continue;
        SCOPED_TRACE(text(shape, layout));
        body(shape, layout, rounded ? kRoundedInputs : test_case.bound);
      }
  }

  std::unique_ptr<host::HostDevice> device_;
};

std::vector<std::vector<double>> expected_results(const Case& test_case, const Shape& shape, Layout layout) {
  testing::ReferenceDevice reference;
  Trial trial(reference.device(), shape, layout);
  test_case.record(trial);
  trial.compile();
  return trial.run();
}

void expect_near(const std::vector<std::vector<double>>& actual,
                 const std::vector<std::vector<double>>& expected, double bound) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t output = 0; output < expected.size(); ++output)
    EXPECT_LE(normalized_error(actual[output], expected[output]), bound) << "output " << output;
}

TEST_P(Conformance, MatchesTheReference) {
  const Case& test_case = std::get<1>(GetParam());
  each([&](const Shape& shape, Layout layout, double bound) {
    Trial trial(device_->device(), shape, layout);
    test_case.record(trial);
    trial.compile();
    const auto actual = trial.run();
    expect_near(actual, expected_results(test_case, shape, layout), bound);
    if (device_->info().deterministic != 0) {
      EXPECT_EQ(trial.run(), actual) << "a second run gave other bytes";
    }
    if (!test_case.fused) return;
    trial.compile_lowered(device_->abi_device());
    expect_near(trial.run(), actual, bound);
  });
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
                         ::testing::Combine(::testing::ValuesIn(on_host("_bfloat16",
                                                                        {{"precision", "bfloat16"},
                                                                         {"graph", "false"}})),
                                            ::testing::ValuesIn(products())),
                         name_of);

}  // namespace
}  // namespace twopass::test
