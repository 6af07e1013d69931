#include "run/probe.hpp"

#include <algorithm>

#include "run/stop.hpp"
#include "twopass/random.hpp"

namespace twopass::run {
namespace {

// Which probes read a layer. The logits of all probes lie side by side: the joint ones first, then one per
// layer.
struct Layout {
  explicit Layout(size_t layers) {
    for (size_t layer = 0; layer < layers; ++layer) readers.emplace_back();
    if (layers > 1) {
      for (size_t layer = layers > 3 ? layers - 3 : 0; layer < layers; ++layer)
        readers[layer].push_back(names.size());
      names.emplace_back("last_three");
      for (size_t layer = 0; layer < layers; ++layer) readers[layer].push_back(names.size());
      names.emplace_back("all");
    }
    for (size_t layer = 0; layer < layers; ++layer) {
      readers[layer].push_back(names.size());
      names.push_back("layer" + std::to_string(layer + 1));
    }
  }
  std::vector<std::string> names;
  std::vector<std::vector<size_t>> readers;  // per layer, indices of probes
};

// Weights of one layer's features in all probes that read them, stacked: [readers * classes, width].
struct Weights {
  Tensor value, first, second;
};

class Probes {
 public:
  Probes(Device device, const FeatureStore& train, const TestFeatures& test, const ProbeSettings& settings)
      : device_(device), settings_(settings), layout_(train.widths().size()) {
    for (size_t layer = 0; layer < train.widths().size(); ++layer)
      weights_.push_back(make_weights(static_cast<int64_t>(layout_.readers[layer].size()) * settings_.classes,
                                      train.widths()[layer]));
    bias_ = make_weights(1, static_cast<int64_t>(layout_.names.size()) * settings_.classes);
    hits_ = device_.tensor("probe.hits", TWOPASS_OUTPUT, 1, static_cast<int64_t>(layout_.names.size()),
                           TWOPASS_I32);
    order_ = device_.tensor("probe.order", TWOPASS_INPUT, train.features().rows(), 1, TWOPASS_I32);
    train_labels_ =
        device_.tensor("probe.train_labels", TWOPASS_INPUT, train.features().rows(), 1, TWOPASS_I32);
    test_labels_ = device_.tensor("probe.test_labels", TWOPASS_INPUT,
                                  static_cast<int64_t>(test.labels.size()), 1, TWOPASS_I32);
    step_program_ = record_step(train);
    test_program_ = record_test(test.batch);
  }

  ProbeAccuracy learn(std::span<const int32_t> labels, const TestFeatures& split,
                      const std::function<void(int64_t)>& report) {
    ProbeAccuracy accuracy;
    device_.upload_rows(train_labels_, 0, labels);
    std::vector<int32_t> rows;
    for (size_t row = 0; row < labels.size(); ++row)
      if (labels[row] >= 0) rows.push_back(static_cast<int32_t>(row));
    const auto steps = static_cast<int64_t>(rows.size()) / settings_.batch_size;
    double step_number = 0;
    for (int64_t epoch = 0; epoch < settings_.epochs; ++epoch) {
      if (epoch > 0 && epoch == settings_.epochs / 2) accuracy.halfway = test(split);
      Random(settings_.seed, Purpose::kProbeShuffle, static_cast<uint64_t>(epoch)).shuffle(std::span(rows));
      device_.upload_rows(order_, 0, std::span<const int32_t>(rows));
      for (int64_t step = 0; step < steps; ++step) {
        throw_if_stopped();
        step_number += 1;
        step_program_.run(
            {settings_.learning_rate, step_number, static_cast<double>(step * settings_.batch_size)});
      }
      report(epoch + 1);
    }
    accuracy.last = test(split);
    return accuracy;
  }

 private:
  std::map<std::string, double> test(const TestFeatures& split) {
    device_.upload_rows(test_labels_, 0, split.labels);
    device_.upload(hits_, std::vector<int32_t>(layout_.names.size()));
    for (int64_t first = 0; first < test_labels_.rows(); first += split.batch.features().rows()) {
      throw_if_stopped();
      split.load(first);
      test_program_.run({static_cast<double>(first)});
    }
    const std::vector<int32_t> hits = device_.download<int32_t>(hits_);
    const auto count =
        static_cast<double>(std::ranges::count_if(split.labels, [](int32_t label) { return label >= 0; }));
    std::map<std::string, double> accuracy;
    for (size_t probe = 0; probe < hits.size(); ++probe) accuracy[layout_.names[probe]] = hits[probe] / count;
    return accuracy;
  }

  // Zero to begin with: softmax regression is convex, so no random start is needed.
  Weights make_weights(int64_t rows, int64_t columns) const {
    const auto tensor = [&] { return device_.tensor("probe", TWOPASS_OUTPUT, rows, columns); };
    return {tensor(), tensor(), tensor()};
  }

  Tensor columns_of(const Tensor& logits, size_t probe) const {
    return logits.column_range(static_cast<int64_t>(probe) * settings_.classes, settings_.classes);
  }

  // logits [rows, probes * classes] of features [rows, all widths].
  Tensor record_logits(Program& program, const FeatureStore& store, const Tensor& features) const {
    const int64_t rows = features.rows();
    Tensor logits = program.temp("logits", rows, bias_.value.columns());
    program.fill(logits, 0);
    program.binary(TWOPASS_ADD, logits, bias_.value, logits);
    for (size_t layer = 0; layer < weights_.size(); ++layer) {
      const Tensor part = program.temp("logits.part", rows, weights_[layer].value.rows());
      program.gemm(
          {.a = store.block(features, layer), .b = weights_[layer].value, .out = part, .transpose_b = true});
      for (size_t reader = 0; reader < layout_.readers[layer].size(); ++reader) {
        const Tensor target = columns_of(logits, layout_.readers[layer][reader]);
        program.binary(TWOPASS_ADD, target, columns_of(part, reader), target);
      }
    }
    return logits;
  }

  CompiledProgram record_step(const FeatureStore& store) const {
    Program program("probe.step");
    const Slot learning_rate = program.slot();
    const Slot step = program.slot();
    const Slot first = program.slot();
    const int64_t rows = settings_.batch_size;
    const Tensor features = store.record_gather(program, order_, rows, first);
    const Tensor labels = program.temp("labels", rows, 1, TWOPASS_I32);
    program.gather_rows(train_labels_, order_, labels, first);
    const Tensor logits = record_logits(program, store, features);
    const Tensor gradient = program.temp("gradient", rows, logits.columns());
    for (size_t probe = 0; probe < layout_.names.size(); ++probe)
      program.softmax_cross_entropy(columns_of(logits, probe), labels, Tensor(), columns_of(gradient, probe),
                                    1.0 / static_cast<double>(rows));

    const auto update = [&](const Tensor& weight_gradient, const Weights& target, double decay) {
      program.optimizer({.gradient = weight_gradient,
                         .weight = target.value,
                         .first_moment = target.first,
                         .second_moment = target.second,
                         .learning_rate = learning_rate,
                         .step = step,
                         .weight_decay = decay});
    };
    for (size_t layer = 0; layer < weights_.size(); ++layer) {
      const Weights& target = weights_[layer];
      const Tensor part = program.temp("gradient.part", rows, target.value.rows());
      for (size_t reader = 0; reader < layout_.readers[layer].size(); ++reader)
        program.copy(columns_of(gradient, layout_.readers[layer][reader]), columns_of(part, reader));
      const Tensor weight_gradient =
          program.temp("weight_gradient", target.value.rows(), target.value.columns());
      program.gemm(
          {.a = part, .b = store.block(features, layer), .out = weight_gradient, .transpose_a = true});
      update(weight_gradient, target, settings_.weight_decay);
    }
    const Tensor bias_gradient = program.temp("bias_gradient", 1, gradient.columns());
    program.column_reduce(TWOPASS_SUM, gradient, bias_gradient);
    update(bias_gradient, bias_, 0);
    return device_.compile(program);
  }

  CompiledProgram record_test(const FeatureStore& store) const {
    Program program("probe.test");
    const Slot first = program.slot();
    const int64_t rows = store.features().rows();
    const Tensor features = program.temp("features", rows, store.features().columns());
    const Tensor labels = program.temp("labels", rows, 1, TWOPASS_I32);
    const Tensor guess = program.temp("guess", rows, 1, TWOPASS_I32);
    program.copy(store.features(), features);
    program.copy(test_labels_, labels, {.in_row = first});
    const Tensor logits = record_logits(program, store, features);
    for (size_t probe = 0; probe < layout_.names.size(); ++probe) {
      program.argmax_rows(columns_of(logits, probe), guess);
      program.count_equal(guess, labels, hits_.column_range(static_cast<int64_t>(probe), 1));
    }
    return device_.compile(program);
  }

  Device device_;
  ProbeSettings settings_;
  Layout layout_;
  std::vector<Weights> weights_;  // per layer
  Weights bias_;
  Tensor hits_, order_, train_labels_, test_labels_;
  CompiledProgram step_program_, test_program_;
};

}  // namespace

ProbeAccuracy train_probes(Device device, const FeatureStore& train, std::span<const int32_t> train_labels,
                           const TestFeatures& test, const ProbeSettings& settings,
                           const std::function<void(int64_t epoch)>& report) {
  return Probes(device, train, test, settings).learn(train_labels, test, report);
}

}  // namespace twopass::run
