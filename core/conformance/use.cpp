#include "conformance/use.hpp"

#include <memory>
#include <vector>

#include "conformance/reference_device.hpp"
#include "conformance/toy_training.hpp"
#include "host/device.hpp"

namespace twopass::conformance {
namespace {

void load(Subject& subject) {
  const host::Dataset dataset(subject.plugin(), subject.values().values());
  static_cast<void>(dataset.describe());
  for (const Split split : {Split::kTrain, Split::kTest}) static_cast<void>(dataset.load(split));
}

void transform(Subject& subject) {
  host::Pretext pretext(subject.plugin(), subject.values().values());
  const DatasetInfo images{1, 28, 28, {"cat", "dog"}};
  const Task task = pretext.negotiate(images);
  if (!task.maps.empty()) return;
  constexpr size_t kRoom = 64;  // for one that writes past its image
  const std::vector<uint8_t> image(28 * 28, 100);
  std::vector<uint8_t> out(static_cast<size_t>(task.channels * task.height * task.width) + kRoom);
  static_cast<void>(pretext.transform(image.data(), 1, 1, out.data()));
}

void train(Subject& subject) {
  ToyTraining training(subject, reference_device());
  training.trainer().initialize(1);
  training.epoch(0);
  if (!training.trainer().score_names.empty()) static_cast<void>(training.accuracy());
  static_cast<void>(training.features());
}

void compute(Subject& subject) {
  host::HostDevice backend(subject.plugin(), subject.values().values());
  const Device device = backend.device();
  const Tensor a = device.tensor("a", TWOPASS_INPUT, 5, 3), b = device.tensor("b", TWOPASS_INPUT, 3, 4),
               out = device.tensor("out", TWOPASS_OUTPUT, 5, 4);
  Program program("use");
  program.gemm({.a = a, .b = b, .out = out});
  const CompiledProgram compiled = device.compile(program);
  device.upload(a, std::vector<float>(15, 1.0F));
  compiled.run();
  static_cast<void>(device.download<float>(out));
}

}  // namespace

void use(Subject& subject) noexcept {
  try {
    switch (subject.kind()) {
      case TWOPASS_DATASET:
        return load(subject);
      case TWOPASS_PRETEXT:
        return transform(subject);
      case TWOPASS_TRAINER:
        return train(subject);
      case TWOPASS_BACKEND:
        return compute(subject);
      default:
        return;
    }
  } catch (...) {  // said by the check whose matter it is
  }
}

}  // namespace twopass::conformance
