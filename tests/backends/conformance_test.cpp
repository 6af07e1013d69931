// Every op, on every backend, against the float64 reference.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <tuple>

#include "conformance/op_check.hpp"
#include "host/log.hpp"
#include "open_or_skip.hpp"
#include "support/error_of.hpp"
#include "twopass/program.hpp"

namespace twopass::test {

namespace {

using namespace conformance;
using ::testing::Each;
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

// The kernel that stands in for cublasLt, which takes nearly all products where there is one.
std::vector<Candidate> plain_products() {
  std::vector<Candidate> result = on_host("_plain", {"plain_products=true"});
  for (const Candidate& candidate : candidates())
    if (candidate.label == "cuda_float32")
      result.push_back({"cuda_plain", candidate.backend, {"plain_products=true"}});
  return result;
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
  const auto device =
      open_or_skip(candidate.backend, candidate.settings, emulated ? cuda_on_host() : plugins());
  if (device == nullptr) return;
  EXPECT_EQ(judge_op(*device, test_case, emulated ? Shapes::kQuick : Shapes::kAll), "");
}

class CudaOnHost : public ::testing::Test {
 protected:
  void SetUp() override {
    if (cuda_on_host().names(TWOPASS_BACKEND).empty()) GTEST_SKIP() << "it was not built";
    backend_ = open_backend("cuda", {}, cuda_on_host());
    device_ = backend_->device();
  }

  std::unique_ptr<host::HostDevice> backend_;
  Device device_;
};

// Views that begin at an odd address, which cublasLt declines: of such products the large ones are told.
TEST_F(CudaOnHost, TellsOfAProductThatAPlainKernelComputes) {
  static std::vector<std::string> texts;
  host::set_log_sink([](uint32_t, const std::string& text) { texts.push_back(text); });
  for (const int64_t inner : {64, 65})
    for (const int64_t first_column : {0, 1}) {
      Program program("forward");
      const Tensor a = device_.tensor("a", TWOPASS_INPUT, 256, inner + 1);
      program.gemm({.a = a.column_range(first_column, inner),
                    .b = device_.tensor("b", TWOPASS_INPUT, inner, 256),
                    .out = program.temp("out", 256, 256)});
      device_.compile(program);
    }
  host::set_log_sink(nullptr);
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_THAT(texts[0],
              HasSubstr("cublasLt does not take the product 256x256x64 (rows x columns x inner), so "
                        "forward computes it by a plain, slower kernel"));
}

// Neither another algorithm nor the plain kernel would be as fast, or give the same bytes.
TEST_F(CudaOnHost, EndsWhereAProductFindsNoMemory) {
  Program program("forward");
  program.gemm({.a = device_.tensor("a", TWOPASS_INPUT, 4, 1021),
                .b = device_.tensor("b", TWOPASS_INPUT, 1021, 4),
                .out = program.temp("out", 4, 4)});
  EXPECT_THAT(error_of([&] { device_.compile(program); }, TWOPASS_OUT_OF_MEMORY),
              HasSubstr("trying a product failed"));
}

// More values than a kernel takes as its arguments.
TEST_F(CudaOnHost, TakesManySlots) {
  constexpr int64_t kRows = 300;
  const Tensor in = device_.tensor("in", TWOPASS_INPUT, kRows, 1);
  const Tensor out = device_.tensor("out", TWOPASS_OUTPUT, kRows, 1);
  std::vector<float> numbers(kRows);
  std::iota(numbers.begin(), numbers.end(), 1.0F);
  device_.upload(in, numbers);
  Program program("reverse");
  std::vector<double> slots;
  for (int64_t row = 0; row < kRows; ++row) {
    program.copy(in, out.row_range(row, 1), {.in_row = program.slot()});
    slots.push_back(static_cast<double>(kRows - 1 - row));
  }
  device_.compile(program).run(slots);
  std::ranges::reverse(numbers);
  EXPECT_EQ(device_.download<float>(out), numbers);
}

// cuBLAS has been seen to leave out the end of a sum that it splits, at half precision and some lengths (pull
// request 2767 of facebookexperimental/triton).
class LongSums : public ::testing::TestWithParam<Candidate> {};

TEST_P(LongSums, LeaveNothingOut) {
  const auto device = open_or_skip(GetParam().backend, GetParam().settings);
  if (device == nullptr) return;
  for (const int64_t inner : {784, 2000, 2017, 6000}) {
    Program program("forward");
    const Tensor a = device->device().tensor("a", TWOPASS_INPUT, 200, inner);
    const Tensor b = device->device().tensor("b", TWOPASS_INPUT, 30, inner);
    const Tensor out = device->device().tensor("out", TWOPASS_OUTPUT, 200, 30);
    program.gemm({.a = a, .b = b, .out = out, .transpose_b = true});
    for (const Tensor& ones : {a, b})
      device->device().upload(ones, std::vector<float>(static_cast<size_t>(ones.rows() * inner), 1.0F));
    device->device().compile(program).run();
    EXPECT_THAT(device->device().download<float>(out), Each(static_cast<float>(inner)));
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, LongSums, ::testing::ValuesIn(candidates()),
                         [](const auto& instance) { return instance.param.label; });

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
INSTANTIATE_TEST_SUITE_P(PlainProducts, Conformance,
                         ::testing::Combine(::testing::ValuesIn(plain_products()),
                                            ::testing::ValuesIn(products())),
                         name_of);
INSTANTIATE_TEST_SUITE_P(OnHostRounded, Conformance,
                         ::testing::Combine(::testing::ValuesIn(on_host("_bfloat16", {"precision=bfloat16",
                                                                                      "graph=false"})),
                                            ::testing::ValuesIn(products())),
                         name_of);

}  // namespace
}  // namespace twopass::test
