#include "conformance/op_check.hpp"

#include <fmt/format.h>

#include "twopass/testing/reference_backend.hpp"

namespace twopass::conformance {
namespace {

using Results = std::vector<std::vector<double>>;

double normalized_error(const std::vector<double>& actual, const std::vector<double>& expected) {
  double error = 0, size = 0;
  for (size_t index = 0; index < expected.size(); ++index) {
    error += (actual[index] - expected[index]) * (actual[index] - expected[index]);
    size += expected[index] * expected[index];
  }
  return size > 0 ? error / size : error;
}

// Written so that an error that is no number is too large.
std::string difference(const Results& actual, const Results& expected, double bound) {
  for (size_t output = 0; output < expected.size(); ++output) {
    const double error = normalized_error(actual[output], expected[output]);
    if (!(error <= bound))
      return fmt::format("output {} has a normalised squared error of {:.2g}, more than {:.2g}", output,
                         error, bound);
  }
  return {};
}

Results reference_results(const Case& test_case, const Shape& shape, Layout layout) {
  testing::ReferenceDevice reference;
  Trial trial(reference.device(), shape, layout);
  test_case.record(trial);
  trial.compile();
  return trial.run();
}

std::string judge(host::HostDevice& device, const Case& test_case, const Shape& shape, Layout layout,
                  double bound) {
  Trial trial(device.device(), shape, layout);
  test_case.record(trial);
  trial.compile();
  const Results actual = trial.run();
  const std::string wrong = difference(actual, reference_results(test_case, shape, layout), bound);
  if (!wrong.empty()) return "against the float64 reference, " + wrong;
  if (device.info().deterministic != 0 && trial.run() != actual)
    return "it promises the same bytes each time, but a second run gave others";
  if (!test_case.fused) return {};
  trial.compile_lowered(device.abi_device());
  const std::string apart = difference(trial.run(), actual, bound);
  return apart.empty() ? "" : "lowered against fused, " + apart;
}

}  // namespace

std::string judge_op(host::HostDevice& device, const Case& test_case, Shapes tried) {
  constexpr double kRoundedInputs = 1e-4;  // two factors of 8 bits: relative error 2^-8 each, averaged
  const std::string precision = device.info().precision;
  const bool rounded = test_case.product && precision != "float32" && precision != "float64";
  for (const Shape& shape : shapes())
    for (const Layout layout : {Layout::kDense, Layout::kStrided}) {
      // The reference takes its time as well.
      if (shape.m > 65536 && (layout == Layout::kStrided || tried == Shapes::kQuick)) continue;
      const std::string wrong =
          judge(device, test_case, shape, layout, rounded ? kRoundedInputs : test_case.bound);
      if (!wrong.empty())
        return fmt::format("m={} n={} k={}, {}: {}", shape.m, shape.n, shape.k,
                           layout == Layout::kStrided ? "strided" : "dense", wrong);
    }
  return {};
}

}  // namespace twopass::conformance
