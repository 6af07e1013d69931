#include "conformance/use.hpp"

#include "conformance/reference_device.hpp"
#include "conformance/toy_training.hpp"
#include "twopass/error.hpp"

namespace twopass::conformance {
namespace {

void use_dataset(Subject& subject) {
  const host::Dataset dataset(subject.plugin(), subject.values().values());
  static_cast<void>(dataset.describe());
  static_cast<void>(dataset.load(Split::kTest));  // the smaller one
}

void use_pretext(Subject& subject) {
  host::Pretext pretext(subject.plugin(), subject.values().values());
  DatasetInfo images{1, 28, 28, {"cat", "dog", "horse"}};
  Task task;
  try {
    task = pretext.negotiate(images);
  } catch (const Error&) {  // it may want colours
    images.channels = 3;
    images.height = images.width = 32;
    task = pretext.negotiate(images);
  }
  if (!task.maps.empty()) return;
  const std::vector<uint8_t> image(static_cast<size_t>(images.channels * images.height * images.width), 100);
  std::vector<uint8_t> out(static_cast<size_t>(task.channels * task.height * task.width));
  pretext.transform(image.data(), 1, 1, out.data());
}

void use_trainer(Subject& subject) {
  ToyTraining training(subject, reference_device());
  training.trainer().initialize(1);
  training.epoch(0, 1);
  if (!training.trainer().score_names.empty()) static_cast<void>(training.accuracy());
  static_cast<void>(training.features());
}

// Large enough that threads are worth while.
void use_backend(Subject& subject) {
  constexpr int64_t kRows = 300, kColumns = 100;
  host::HostDevice device(subject.plugin(), subject.values().values());
  const Device handle = device.device();
  const Tensor x = handle.tensor("x", TWOPASS_INPUT, kRows, kColumns),
               weight = handle.tensor("weight", TWOPASS_PARAM, kColumns, kColumns),
               y = handle.tensor("y", TWOPASS_OUTPUT, kRows, kColumns);
  Program program("layer");
  program.gemm({.a = x, .b = weight, .out = y, .transpose_b = true, .activation = TWOPASS_RELU});
  program.unary(TWOPASS_IDENTITY, y, y, 2);
  const CompiledProgram compiled = handle.compile(program);
  handle.upload(x, std::vector<float>(kRows * kColumns, 0.5F));
  handle.upload(weight, std::vector<float>(kColumns * kColumns, 0.25F));
  compiled.run();
  static_cast<void>(handle.download<float>(y));
  handle.synchronize();
}

}  // namespace

std::string use(Subject& subject) {
  try {
    switch (subject.kind()) {
      case TWOPASS_DATASET:
        use_dataset(subject);
        break;
      case TWOPASS_PRETEXT:
        use_pretext(subject);
        break;
      case TWOPASS_TRAINER:
        use_trainer(subject);
        break;
      case TWOPASS_BACKEND:
        use_backend(subject);
        break;
      default:
        break;
    }
  } catch (const Error& e) {
    return e.what();
  }
  return {};
}

}  // namespace twopass::conformance
