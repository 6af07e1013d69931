// Trainers, on a toy set and the float64 reference.

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <random>

#include "conformance/check.hpp"
#include "conformance/toy_training.hpp"

namespace twopass::conformance {
namespace {

using State = ToyTraining::State;

std::unique_ptr<ToyTraining> toy(Subject& subject, uint64_t seed = 1, bool native_fused = true) {
  auto training = std::make_unique<ToyTraining>(subject, reference_device(native_fused));
  training->trainer().initialize(seed);
  return training;
}

Verdict builds_on_paper_too(Subject& subject) {
  ToyTraining paper(subject, std::make_unique<host::HostDevice>());
  paper.trainer().initialize(1);
  paper.epoch(0);
  const auto real = toy(subject);
  if (real->device().persistent().size() != paper.device().persistent().size())
    return fail("it makes other tensors on paper than on a device");
  const run::Trainer& trainer = real->trainer();
  std::vector<Tensor> outputs = trainer.features;
  outputs.push_back(trainer.metrics);
  if (trainer.scores) outputs.push_back(trainer.scores);
  for (const Tensor& tensor : outputs)
    if (tensor.buffer()->role != TWOPASS_OUTPUT)
      return fail(
          fmt::format("'{}' is a tensor that it offers to the host, so its role has to be TWOPASS_OUTPUT",
                      tensor.buffer()->name));
  real->features();  // it may have forgotten to compile what fills them
  return pass(fmt::format("{} hidden layers, {} params and states", trainer.features.size(),
                          real->device().persistent().size()));
}

bool same_params(ToyTraining& training, const State& a, const State& b) {
  const std::vector<Tensor>& tensors = training.device().persistent();
  for (size_t index = 0; index < tensors.size(); ++index)
    if (tensors[index].buffer()->role == TWOPASS_PARAM && a[index] != b[index]) return false;
  return true;
}

Verdict learns(Subject& subject) {
  constexpr int64_t kEpochs = 300;
  constexpr double kEnough = 0.7;  // guessing gives 0.25
  const auto training = toy(subject);
  const State before = training->state();
  for (int64_t epoch = 0; epoch < kEpochs; ++epoch) {
    training->epoch(epoch);
    if (!training->metrics_are_numbers()) return fail("a metric is no longer a number");
    if (epoch == 0 && same_params(*training, training->state(), before))
      return warn("its steps change no param: right for a control, and for nothing else");
    if (training->trainer().score_names.empty())
      return skip("it knows no classes that it could be right about");
    const double accuracy = training->accuracy();
    if (accuracy >= kEnough)
      return pass(
          fmt::format("{:.0f} % after {} steps", 100 * accuracy, (epoch + 1) * ToyTraining::kEpochSteps));
  }
  return fail(
      fmt::format("after {} steps it is right for {:.0f} % of four easy classes; should its learning rate "
                  "be meant for more, give another, such as learning_rate=0.01",
                  kEpochs * ToyTraining::kEpochSteps, 100 * training->accuracy()));
}

Verdict depends_on_its_seed_alone(Subject& subject) {
  const auto alone = toy(subject);
  const State initial = alone->state();
  for (int64_t epoch = 0; epoch < 2; ++epoch) alone->epoch(epoch);
  const State expected = alone->state();

  const auto one = toy(subject), other = toy(subject);
  for (int64_t epoch = 0; epoch < 2; ++epoch) {
    one->epoch(epoch);
    other->epoch(epoch);
  }
  if (one->state() != expected || other->state() != expected)
    return fail("two that train side by side learn something else than one alone");
  one->trainer().initialize(1);
  if (one->state() != initial) return fail("initialize leaves some of what was learnt before");
  one->trainer().initialize(2);
  if (one->state() == initial) return warn("seeds 1 and 2 give the same initial weights");
  return pass();
}

// The saved state, as float32, goes into both, so that both go on from the same numbers.
Verdict goes_on_from_its_state(Subject& subject) {
  const auto training = toy(subject);
  for (int64_t epoch = 0; epoch < 2; ++epoch) training->epoch(epoch);
  const State saved = training->state();
  training->restore(saved);
  training->epoch(2);

  const auto resumed = toy(subject, 2);
  resumed->restore(saved);
  resumed->epoch(2);
  return resumed->state() == training->state()
             ? pass()
             : fail(
                   "a new instance that was given all params and states goes on in another way: it keeps "
                   "something that no checkpoint holds, or it draws from more than (seed, epoch)");
}

Verdict needs_no_fused_op(Subject& subject) {
  const auto fused = toy(subject), lowered = toy(subject, 1, false);
  fused->epoch(0);
  lowered->epoch(0);
  const State expected = fused->state(), actual = lowered->state();
  for (size_t tensor = 0; tensor < expected.size(); ++tensor)
    for (size_t index = 0; index < expected[tensor].size(); ++index)
      if (!(std::abs(actual[tensor][index] - expected[tensor][index]) <=
            1e-4F * (1 + std::abs(expected[tensor][index]))))
        return fail("on a backend without fused ops it learns something else");
  return pass();
}

// At each of the tensors that it makes.
Verdict says_when_memory_is_short(Subject& subject) {
  for (int64_t tensors = 0;; ++tensors) {
    try {
      ToyTraining training(subject, reference_device(true, tensors));
      return pass(fmt::format("{} tensors", tensors));
    } catch (const Error& e) {
      if (e.status() != TWOPASS_OUT_OF_MEMORY)
        return fail(fmt::format(
            "where a tensor cannot be made it fails with status {} instead of the device's OUT_OF_MEMORY: {}",
            status_name(e.status()), e.what()));
    }
  }
}

Verdict never_waits(Subject& subject) {
  const auto training = toy(subject);
  training->epoch(0, 1);
  const int64_t before = waits_for_reference();
  training->epoch(1);
  const int64_t waits = waits_for_reference() - before;
  return waits == 0
             ? pass()
             : fail(fmt::format("it waited for the device {} times in {} steps; only the host may, after an "
                                "epoch",
                                waits, ToyTraining::kEpochSteps));
}

// A layer's number, from 0; a tensor that reaches no features is above all of them.
constexpr size_t kAbove = std::numeric_limits<size_t>::max();

size_t first_difference(const State& a, const State& b) {
  for (size_t index = 0; index < a.size(); ++index)
    if (a[index] != b[index]) return index;
  return kAbove;
}

struct Parameter {
  size_t tensor;  // its place in the state
  size_t layer;   // the first whose activities change when it does
  State perturbed;
};

// Every param, moved by noise, with the layer that it belongs to: found by trying, whatever it is called.
std::vector<Parameter> parameters_of(ToyTraining& training, const State& start) {
  const State features = training.features();
  std::mt19937 random(1);
  std::vector<Parameter> found;
  for (size_t tensor = 0; tensor < start.size(); ++tensor) {
    if (training.device().persistent()[tensor].buffer()->role != TWOPASS_PARAM) continue;
    State perturbed = start;
    for (float& value : perturbed[tensor]) value += static_cast<float>(random() % 1000) / 1000.0F - 0.5F;
    training.restore(perturbed);
    found.push_back({tensor, first_difference(features, training.features()), std::move(perturbed)});
  }
  return found;
}

// No gradient crosses a layer: when a parameter is moved, no layer below may be updated in another way. A
// parameter that reaches no features, such as the weights of a layer's own classifier, may guide one layer.
Verdict is_local(Subject& subject) {
  const auto training = toy(subject);
  if (!training->trainer().local) return skip("it does not say that it is local");
  training->epoch(0);  // so that Adam's step depends on the gradient's size, not on its sign alone
  const State start = training->state();
  const auto after_a_step_from = [&](const State& state) {
    const auto fresh = toy(subject);  // so that nothing but the state counts
    fresh->restore(state);
    fresh->epoch(1, 1);
    return fresh->state();
  };
  const State usual = after_a_step_from(start);
  training->restore(start);
  const std::vector<Parameter> parameters = parameters_of(*training, start);
  const auto name = [&](const Parameter& parameter) {
    return training->device().persistent()[parameter.tensor].buffer()->name;
  };
  for (const Parameter& moved : parameters) {
    const State other = after_a_step_from(moved.perturbed);
    size_t guided = kAbove;
    for (const Parameter& below : parameters) {
      if (below.layer >= moved.layer || other[below.tensor] == usual[below.tensor]) continue;
      const bool first_of_a_head = moved.layer == kAbove && (guided == kAbove || guided == below.layer);
      guided = below.layer;
      if (!first_of_a_head)
        return fail(
            fmt::format("it says that it is local, but the update of '{}' depends on '{}', which lies above",
                        name(below), name(moved)));
    }
  }
  return pass(fmt::format("{} parameters tried", parameters.size()));
}

}  // namespace

std::vector<Check> trainer_checks() {
  return {
      {"trainer.build", "it builds on a device and on paper, and offers what is due", builds_on_paper_too,
       true},
      {"trainer.learns", "it learns a toy set", learns},
      {"trainer.seed", "what it learns depends on seed and data alone", depends_on_its_seed_alone},
      {"trainer.resume", "its params and states are all that it needs to go on", goes_on_from_its_state},
      {"trainer.local", "it is local if it says so", is_local},
      {"trainer.lowered", "it works on a backend without fused ops", needs_no_fused_op},
      {"trainer.memory", "where memory does not suffice it says so", says_when_memory_is_short},
      {"trainer.waits", "its steps never wait for the device", never_waits},
  };
}

}  // namespace twopass::conformance
