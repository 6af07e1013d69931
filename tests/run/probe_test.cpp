#include "run/probe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "twopass/random.hpp"
#include "twopass/testing/reference_backend.hpp"

namespace twopass::run {
namespace {

using Matrix = std::vector<std::vector<double>>;
using Accuracies = std::map<std::string, double>;

constexpr int64_t kClasses = 3;

// Rows of features, layer beside layer, with labels; -1 fills up.
struct Toy {
  std::vector<int64_t> widths;
  Matrix features;
  std::vector<int32_t> labels;
};

// Every layer is noise, and those of `informative` also hold `signal` at the place of the label.
Toy make_toy(const std::vector<int64_t>& widths, const std::vector<size_t>& informative, double signal,
             int64_t rows, int64_t padding, uint64_t stream) {
  Random random(5, Purpose::kFirstUser, stream);
  Toy toy{widths, {}, {}};
  for (int64_t row = 0; row < rows + padding; ++row) {
    const auto label = static_cast<int32_t>(random.below(kClasses));
    std::vector<double>& features = toy.features.emplace_back();
    for (size_t layer = 0; layer < widths.size(); ++layer)
      for (int64_t column = 0; column < widths[layer]; ++column) {
        const bool tells = std::ranges::count(informative, layer) > 0 && column == label;
        features.push_back(static_cast<double>(random.normal()) + (tells ? signal : 0));
      }
    toy.labels.push_back(row < rows ? label : -1);
  }
  return toy;
}

ProbeAccuracy learn(const Toy& train, const Toy& test, const ProbeSettings& settings) {
  testing::ReferenceDevice reference;
  const auto store = [&](const Toy& toy) {
    std::vector<Tensor> layers;
    for (const int64_t width : toy.widths)
      layers.push_back(reference.device().tensor("layer", TWOPASS_OUTPUT, 1, width));
    FeatureStore result(reference.device(), "features", TWOPASS_F32, layers,
                        static_cast<int64_t>(toy.features.size()));
    std::vector<double>& values = testing::ReferenceDevice::values(result.features());
    values.clear();
    for (const std::vector<double>& row : toy.features) values.insert(values.end(), row.begin(), row.end());
    return result;
  };
  const FeatureStore test_store = store(test);
  int64_t reported = 0;
  const ProbeAccuracy accuracy =
      train_probes(reference.device(), store(train), train.labels, {test_store, test.labels, [](int64_t) {}},
                   settings, [&](int64_t epoch) { EXPECT_EQ(epoch, ++reported); });
  EXPECT_EQ(reported, settings.epochs);
  return accuracy;
}

Accuracies measure(const Toy& train, const Toy& test, const ProbeSettings& settings) {
  return learn(train, test, settings).last;
}

TEST(FeatureWriter, NormalizesEachLayerAndWritesFromItsRowOn) {
  testing::ReferenceDevice reference;
  const Device device = reference.device();
  const std::vector<Tensor> layers{device.tensor("a", TWOPASS_OUTPUT, 2, 2),
                                   device.tensor("b", TWOPASS_OUTPUT, 2, 1)};
  std::ranges::copy(std::vector<double>{3, 4, 0, 5}, testing::ReferenceDevice::values(layers[0]).begin());
  std::ranges::copy(std::vector<double>{2, 7}, testing::ReferenceDevice::values(layers[1]).begin());
  const FeatureStore store(device, "features", TWOPASS_F32, layers, 4);
  FeatureWriter(device, layers, {TWOPASS_UNIT_LENGTH, 1e-30}, store).write(2);
  EXPECT_THAT(testing::ReferenceDevice::values(store.features()),
              ::testing::Pointwise(::testing::DoubleNear(1e-12),
                                   std::vector<double>{0, 0, 0, 0, 0, 0, 0.6, 0.8, 1, 0, 1, 1}));
}

std::vector<std::string> names(const Accuracies& accuracies) {
  std::vector<std::string> result;
  for (const auto& [name, accuracy] : accuracies) result.push_back(name);
  return result;
}

TEST(Probe, SeparatesWhatIsLinearlySeparable) {
  const std::vector<int64_t> widths{5, 4};
  const ProbeSettings settings{30, 10, 0.05, 0, kClasses, 0};
  const Accuracies accuracies =
      measure(make_toy(widths, {0, 1}, 20, 60, 3, 0), make_toy(widths, {0, 1}, 20, 40, 2, 1), settings);
  EXPECT_EQ(names(accuracies), (std::vector<std::string>{"all", "last_three", "layer1", "layer2"}));
  for (const auto& [name, accuracy] : accuracies) EXPECT_EQ(accuracy, 1) << name;
}

TEST(Probe, TellsHowFarItWasHalfway) {
  const Toy train = make_toy({5, 4}, {0, 1}, 2, 60, 3, 0), test = make_toy({5, 4}, {0, 1}, 2, 40, 2, 1);
  const auto of_epochs = [&](int64_t epochs) {
    return learn(train, test, {epochs, 10, 0.002, 0, kClasses, 0});
  };
  const ProbeAccuracy six = of_epochs(6), seven = of_epochs(7), three = of_epochs(3);
  EXPECT_NE(six.last, three.last) << "it still learns";
  EXPECT_EQ(six.halfway, three.last);
  EXPECT_EQ(seven.halfway, three.last);
  EXPECT_TRUE(of_epochs(1).halfway.empty());
}

TEST(Probe, HasNoJointSetsOfASingleLayer) {
  const Toy toy = make_toy({4}, {0}, 20, 30, 0, 0);
  EXPECT_EQ(names(measure(toy, toy, {1, 10, 0.05, 0, kClasses, 0})), std::vector<std::string>{"layer1"});
}

TEST(Probe, ReadsInEachSetTheLayersOfItsName) {
  const std::vector<int64_t> widths{4, 3, 3, 3, 4};
  // The first layer tells the classes apart, and none of the last three does.
  const Accuracies accuracies = measure(make_toy(widths, {0}, 20, 90, 0, 0),
                                        make_toy(widths, {0}, 20, 60, 0, 1), {30, 10, 0.05, 0, kClasses, 0});
  EXPECT_EQ(names(accuracies), (std::vector<std::string>{"all", "last_three", "layer1", "layer2", "layer3",
                                                         "layer4", "layer5"}));
  EXPECT_EQ(accuracies.at("layer1"), 1);
  EXPECT_EQ(accuracies.at("all"), 1);
  for (const char* blind : {"last_three", "layer2", "layer3", "layer4", "layer5"})
    EXPECT_LT(accuracies.at(blind), 0.6) << blind;
}

TEST(Probe, CountsOnlyRowsWithALabel) {
  const Toy train = make_toy({4}, {0}, 20, 30, 0, 0);
  Toy test = make_toy({4}, {0}, 20, 5, 15, 1);
  EXPECT_EQ(measure(train, test, {30, 10, 0.05, 0, kClasses, 0}).at("layer1"), 1);
  test.labels[0] = static_cast<int32_t>((test.labels[0] + 1) % kClasses);
  EXPECT_EQ(measure(train, test, {30, 10, 0.05, 0, kClasses, 0}).at("layer1"), 0.8);
}

// Softmax regression by Adam, plainly: one set of features, rows in the order that the probe is to draw.
class SoftmaxRegression {
 public:
  SoftmaxRegression(int64_t inputs, const ProbeSettings& settings)
      : settings_(settings), weight_(kClasses, std::vector<double>(static_cast<size_t>(inputs) + 1)) {
    first_ = second_ = weight_;
  }

  void train(const Matrix& features, const std::vector<int32_t>& labels) {
    std::vector<int32_t> rows;
    for (size_t row = 0; row < labels.size(); ++row)
      if (labels[row] >= 0) rows.push_back(static_cast<int32_t>(row));
    const auto batch = static_cast<size_t>(settings_.batch_size);
    for (int64_t epoch = 0; epoch < settings_.epochs; ++epoch) {
      Random(settings_.seed, Purpose::kProbeShuffle, static_cast<uint64_t>(epoch)).shuffle(std::span(rows));
      for (size_t first = 0; first + batch <= rows.size(); first += batch)
        step(features, labels, std::span(rows).subspan(first, batch));
    }
  }

  double accuracy(const Matrix& features, const std::vector<int32_t>& labels) const {
    double right = 0, count = 0;
    for (size_t row = 0; row < labels.size(); ++row) {
      if (labels[row] < 0) continue;
      const std::vector<double> p = probabilities(features[row]);
      right += std::ranges::max_element(p) - p.begin() == labels[row];
      count += 1;
    }
    return right / count;
  }

 private:
  // The bias is the weight of an input that is always 1.
  std::vector<double> probabilities(const std::vector<double>& x) const {
    std::vector<double> p;
    for (const std::vector<double>& w : weight_)
      p.push_back(std::exp(std::inner_product(x.begin(), x.end(), w.begin(), w.back())));
    const double sum = std::accumulate(p.begin(), p.end(), 0.0);
    for (double& value : p) value /= sum;
    return p;
  }

  void step(const Matrix& features, const std::vector<int32_t>& labels, std::span<const int32_t> rows) {
    ++steps_;
    Matrix gradient(kClasses, std::vector<double>(weight_[0].size()));
    for (const int32_t row : rows) {
      const std::vector<double>& x = features[static_cast<size_t>(row)];
      std::vector<double> error = probabilities(x);
      error[static_cast<size_t>(labels[static_cast<size_t>(row)])] -= 1;
      for (size_t label = 0; label < gradient.size(); ++label)
        for (size_t input = 0; input <= x.size(); ++input)
          gradient[label][input] +=
              error[label] * (input < x.size() ? x[input] : 1) / static_cast<double>(rows.size());
    }
    for (size_t label = 0; label < gradient.size(); ++label)
      for (size_t input = 0; input < gradient[label].size(); ++input) {
        const bool is_bias = input + 1 == gradient[label].size();
        double& w = weight_[label][input];
        update(w, gradient[label][input] + (is_bias ? 0 : settings_.weight_decay * w), first_[label][input],
               second_[label][input]);
      }
  }

  void update(double& w, double g, double& m, double& v) const {
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    const double m_hat = m / (1 - std::pow(0.9, steps_)), v_hat = v / (1 - std::pow(0.999, steps_));
    w -= settings_.learning_rate * m_hat / (std::sqrt(v_hat) + 1e-8);
  }

  ProbeSettings settings_;
  Matrix weight_, first_, second_;
  int steps_ = 0;
};

Matrix columns(const Matrix& features, size_t first, size_t count) {
  Matrix part;
  for (const std::vector<double>& row : features)
    part.emplace_back(row.begin() + static_cast<ptrdiff_t>(first),
                      row.begin() + static_cast<ptrdiff_t>(first + count));
  return part;
}

// Classes that overlap, so that the accuracy depends on every weight.
void compare(const ProbeSettings& settings) {
  const std::vector<int64_t> widths{3, 4, 5, 3};
  const Toy train = make_toy(widths, {0, 1, 2, 3}, 1, 103, 5, 0);
  const Toy test = make_toy(widths, {0, 1, 2, 3}, 1, 290, 10, 1);
  const Accuracies accuracies = measure(train, test, settings);
  const auto reference = [&](size_t first, size_t count) {
    SoftmaxRegression regression(static_cast<int64_t>(count), settings);
    regression.train(columns(train.features, first, count), train.labels);
    return regression.accuracy(columns(test.features, first, count), test.labels);
  };
  const Accuracies expected{{"layer1", reference(0, 3)},      {"layer2", reference(3, 4)},
                            {"layer3", reference(7, 5)},      {"layer4", reference(12, 3)},
                            {"last_three", reference(3, 12)}, {"all", reference(0, 15)}};
  EXPECT_EQ(accuracies, expected);
  EXPECT_LT(accuracies.at("all"), 0.95) << "too easy to tell right from wrong";
  EXPECT_GT(accuracies.at("all"), 0.5);
}

TEST(Probe, IsSoftmaxRegressionByAdam) { compare({7, 10, 0.01, 0, kClasses, 0}); }
TEST(Probe, ShufflesBySeed) { compare({1, 40, 0.05, 0, kClasses, 12}); }
TEST(Probe, DecaysItsWeightsButNotItsBiases) { compare({20, 10, 0.05, 0.3, kClasses, 0}); }

}  // namespace
}  // namespace twopass::run
