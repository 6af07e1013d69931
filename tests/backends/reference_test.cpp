// The reference is checked by what does not depend on it: finite differences, numbers worked out by hand, and
// its own lowered form.

#include <gmock/gmock.h>

#include <functional>

#include "conformance/op_cases.hpp"
#include "twopass/testing/reference_backend.hpp"

namespace twopass::test {

namespace {

using namespace conformance;

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using twopass::testing::ReferenceDevice;

// d total/d x for every element of x, by central differences; `total` runs the forward program and sums its
// losses.
std::vector<double> finite_differences(std::vector<double>& x, const std::function<double()>& total) {
  constexpr double kStep = 1e-5;
  std::vector<double> slopes;
  for (double& value : x) {
    const double before = value;
    value = before + kStep;
    const double above = total();
    value = before - kStep;
    const double below = total();
    value = before;
    slopes.push_back((above - below) / (2 * kStep));
  }
  return slopes;
}

double sum(const std::vector<double>& values) {
  double total = 0;
  for (const double value : values) total += value;
  return total;
}

void expect_close(const std::vector<double>& actual, const std::vector<double>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t index = 0; index < expected.size(); ++index)
    EXPECT_NEAR(actual[index], expected[index], 1e-8) << index;
}

class Reference : public ::testing::Test {
 protected:
  Tensor tensor(int64_t rows, int64_t columns, double low = -1, double high = 1) {
    const Tensor made = device.tensor("t", TWOPASS_INPUT, rows, columns);
    for (double& value : ReferenceDevice::values(made))
      value = low + (high - low) * static_cast<double>(random_()) / 4294967296.0;
    return made;
  }
  Tensor labels(const std::vector<int32_t>& values) const {
    const Tensor made =
        device.tensor("labels", TWOPASS_INPUT, static_cast<int64_t>(values.size()), 1, TWOPASS_I32);
    device.upload(made, values);
    return made;
  }
  static std::vector<double>& values(const Tensor& of) { return ReferenceDevice::values(of); }
  void run(const Program& program, std::initializer_list<double> slots = {}) const {
    device.compile(program).run(slots);
  }

  ReferenceDevice owner;
  Device device = owner.device();

 private:
  std::mt19937 random_{7};
};

TEST_F(Reference, GradientsOfUnaryFunctions) {
  for (const twopass_unary function :
       {TWOPASS_RELU, TWOPASS_SIGMOID, TWOPASS_TANH, TWOPASS_SOFTPLUS, TWOPASS_EXP, TWOPASS_SQRT}) {
    SCOPED_TRACE(function);
    const Tensor x = tensor(3, 4, function == TWOPASS_SQRT ? 0.2 : -1), y = tensor(3, 4), dx = tensor(3, 4);
    const Tensor ones = tensor(3, 4, 1, 1);
    Program forward("forward"), backward("backward");
    forward.unary(function, x, y);
    backward.unary_gradient(function, ones, y, dx);
    run(forward);
    run(backward);
    expect_close(values(dx), finite_differences(values(x), [&] {
                   run(forward);
                   return sum(values(y));
                 }));
  }
}

// total = sum of weight * row_normalize(x): its gradient by x is row_normalize_gradient of dy = weight.
TEST_F(Reference, GradientOfRowNormalize) {
  for (const twopass_normalization kind :
       {TWOPASS_NORMALIZE_NONE, TWOPASS_LAYER_NORM, TWOPASS_UNIT_LENGTH, TWOPASS_UNIT_RMS}) {
    SCOPED_TRACE(kind);
    const Tensor x = tensor(3, 5), y = tensor(3, 5), weight = tensor(3, 5), dx = tensor(3, 5),
                 inverse = tensor(3, 1);
    Program forward("forward"), backward("backward");
    forward.row_normalize(kind, x, y, inverse, 1e-3);
    backward.row_normalize_gradient(kind, weight, y, inverse, {}, dx);
    run(forward);
    run(backward);
    expect_close(values(dx), finite_differences(values(x), [&] {
                   run(forward);
                   double total = 0;
                   for (size_t index = 0; index < 15; ++index)
                     total += values(weight)[index] * values(y)[index];
                   return total;
                 }));
  }
}

TEST_F(Reference, GradientOfGoodnessLoss) {
  for (const twopass_goodness kind :
       {TWOPASS_NORM, TWOPASS_SUM_SQUARES_GOODNESS, TWOPASS_MEAN_SQUARES_GOODNESS}) {
    SCOPED_TRACE(kind);
    const Tensor h = tensor(4, 5, 0, 1), loss = tensor(4, 1), gradient = tensor(4, 5);
    Program program("loss");
    program.goodness_loss(
        {.kind = kind, .h = h, .positive_rows = 2, .threshold = 1.2, .loss = loss, .gradient = gradient});
    run(program);
    const std::vector<double> actual = values(gradient);
    expect_close(actual, finite_differences(values(h), [&] {
                   run(program);
                   return sum(values(loss));
                 }));
  }
}

TEST_F(Reference, GradientOfSoftmaxCrossEntropy) {
  const Tensor logits = tensor(3, 4, -2, 2), loss = tensor(3, 1), gradient = tensor(3, 4),
               label = labels({2, -1, 0});
  Program program("loss");
  program.softmax_cross_entropy(logits, label, loss, gradient, 1);
  run(program);
  const std::vector<double> actual = values(gradient);
  expect_close(actual, finite_differences(values(logits), [&] {
                 run(program);
                 return sum(values(loss));
               }));
}

// total = sum of relu(x w^T + b): gemm's mask is relu's gradient.
TEST_F(Reference, GradientThroughGemm) {
  const Tensor x = tensor(3, 4), w = tensor(5, 4), b = tensor(1, 5), y = tensor(3, 5);
  const Tensor identity = tensor(5, 5, 0, 0), dy = tensor(3, 5), ones = tensor(3, 5, 1, 1);
  for (size_t index = 0; index < 5; ++index) values(identity)[index * 6] = 1;
  const Tensor dx = tensor(3, 4), dw = tensor(5, 4), db = tensor(1, 5);
  Program forward("forward"), backward("backward");
  forward.gemm({.a = x, .b = w, .out = y, .transpose_b = true, .bias = b, .activation = TWOPASS_RELU});
  backward.gemm({.a = ones, .b = identity, .out = dy, .mask = y});
  backward.gemm({.a = dy, .b = w, .out = dx});
  backward.gemm({.a = dy, .b = x, .out = dw, .transpose_a = true});
  backward.column_reduce(TWOPASS_SUM, dy, db);
  run(forward);
  run(backward);
  const auto total = [&] {
    run(forward);
    return sum(values(y));
  };
  expect_close(values(dx), finite_differences(values(x), total));
  expect_close(values(dw), finite_differences(values(w), total));
  expect_close(values(db), finite_differences(values(b), total));
}

// Two steps with gradients 0.5 and -0.25 at learning rate 0.1. Adam's first step is the learning rate itself;
// in the second, m = 0.02, m^ = m / 0.19, v = 0.00031225 and v^ = v / 0.001999.
TEST_F(Reference, OptimizersStepAsWorkedOutByHand) {
  const Tensor gradient = tensor(1, 1), weight = tensor(1, 1, 1, 1);
  const Tensor first = tensor(1, 1, 0, 0), second = tensor(1, 1, 0, 0);
  Program adam("adam"), sgd("sgd");
  const Slot rate = adam.slot(), step = adam.slot();
  adam.optimizer({.gradient = gradient,
                  .weight = weight,
                  .first_moment = first,
                  .second_moment = second,
                  .learning_rate = rate,
                  .step = step,
                  .epsilon = 0});
  sgd.optimizer({.kind = TWOPASS_SGD,
                 .gradient = gradient,
                 .weight = weight,
                 .first_moment = first,
                 .learning_rate = sgd.slot(),
                 .beta1 = 0.9});
  values(gradient) = {0.5};
  run(adam, {0.1, 1});
  EXPECT_NEAR(values(weight)[0], 0.9, 1e-15);
  values(gradient) = {-0.25};
  run(adam, {0.1, 2});
  EXPECT_NEAR(values(first)[0], 0.02, 1e-15);
  EXPECT_NEAR(values(second)[0], 0.00031225, 1e-15);
  EXPECT_NEAR(values(weight)[0], 0.9 - 0.1 * (0.02 / 0.19) / std::sqrt(0.00031225 / 0.001999), 1e-12);

  values(weight) = {1};
  values(first) = {0};
  values(gradient) = {0.5};
  run(sgd, {0.1});
  EXPECT_NEAR(values(weight)[0], 0.95, 1e-15);
  values(gradient) = {-0.25};
  run(sgd, {0.1});  // m = 0.45 - 0.25
  EXPECT_NEAR(values(weight)[0], 0.93, 1e-15);
}

TEST_F(Reference, WeightDecayIsCoupledOrDecoupled) {
  const Tensor gradient = tensor(1, 1, 0.5, 0.5), weight = tensor(1, 1, 2, 2), moment = tensor(1, 1, 0, 0);
  const auto run_decay = [&](bool decoupled) {
    Program program("decay");
    program.optimizer({.kind = TWOPASS_SGD,
                       .gradient = gradient,
                       .weight = weight,
                       .first_moment = moment,
                       .learning_rate = program.slot(),
                       .beta1 = 0,
                       .weight_decay = 0.1,
                       .decoupled_decay = decoupled});
    run(program, {0.5});
  };
  run_decay(false);
  EXPECT_NEAR(values(weight)[0], 2 - 0.5 * (0.5 + 0.1 * 2), 1e-15);
  EXPECT_NEAR(values(moment)[0], 0.7, 1e-15);
  values(weight) = {2};
  run_decay(true);
  EXPECT_NEAR(values(weight)[0], 2 - 0.5 * 0.1 * 2 - 0.5 * 0.5, 1e-15);
  EXPECT_NEAR(values(moment)[0], 0.5, 1e-15);
}

// ReLU passes NaN on, and a NaN in a mask masks nothing: a run that diverged must not look healthy.
TEST_F(Reference, NanGoesThroughReluAndMasks) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor x = tensor(1, 3), y = tensor(1, 3), dx = tensor(1, 3), ones = tensor(1, 3, 1, 1);
  values(x) = {nan, -1, 2};
  Program program("nan");
  program.unary(TWOPASS_RELU, x, y);
  program.unary_gradient(TWOPASS_RELU, ones, y, dx);
  run(program);
  EXPECT_TRUE(std::isnan(values(y)[0]));
  EXPECT_THAT(values(dx), ElementsAre(1, 0, 1));
}

TEST_F(Reference, TempsDoNotKeepTheirContents) {
  const Tensor out = tensor(1, 2);
  Program program("temps");
  const Tensor temp = program.temp("temp", 1, 2);
  program.fill(temp.column_range(0, 1), 1);  // the other half is never written
  program.copy(temp, out);
  run(program);
  EXPECT_TRUE(std::isnan(values(out)[1]));
}

class Lowering : public ::testing::TestWithParam<Case> {};

// In float64 the lowered form differs from the native one by rounding alone.
TEST_P(Lowering, EqualsTheNativeOp) {
  for (const Layout layout : {Layout::kDense, Layout::kStrided}) {
    ReferenceDevice native(true), lowered(false);
    const Shape shape{7, 11, 3};
    Trial expected(native.device(), shape, layout), actual(lowered.device(), shape, layout);
    for (Trial* trial : {&expected, &actual}) {
      GetParam().record(*trial);
      trial->compile();
    }
    const auto results = expected.run(), lowered_results = actual.run();
    for (size_t output = 0; output < results.size(); ++output)
      for (size_t index = 0; index < results[output].size(); ++index)
        EXPECT_NEAR(lowered_results[output][index], results[output][index],
                    1e-7 * std::max(1.0, std::abs(results[output][index])))
            << "output " << output << " element " << index;
  }
}

std::vector<Case> fused_cases() {
  std::vector<Case> fused;
  std::copy_if(cases().begin(), cases().end(), std::back_inserter(fused),
               [](const Case& c) { return c.fused; });
  return fused;
}

INSTANTIATE_TEST_SUITE_P(Fused, Lowering, ::testing::ValuesIn(fused_cases()),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace twopass::test
