#include "run/initial_weights.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "pipeline/sha256.hpp"

namespace twopass::run {
namespace {

constexpr const char* kOption = "initial_weights";

bool fits(const NamedTensor& found, const Buffer& param) {
  return found.shape == std::vector{param.rows, param.columns} ||
         (param.rows == 1 && found.shape == std::vector{param.columns});
}

std::string digest(const std::vector<NamedTensor>& tensors) {
  std::string text;
  for (const NamedTensor& tensor : tensors) {
    const auto* bytes = reinterpret_cast<const char*>(tensor.values.data());
    text += fmt::format("{} {} {}\n", tensor.name, tensor.shape,
                        pipeline::sha256_hex({bytes, tensor.values.size() * sizeof(float)}));
  }
  return pipeline::sha256_hex(text);
}

}  // namespace

InitialWeights read_initial_weights(const Wiring& wiring) {
  const std::string file = wiring.pipeline.trainer.values.typed().path(kOption);
  InitialWeights weights;
  if (file.empty()) return weights;
  SafeTensors content = read_safetensors(file);
  at_section(wiring.pipeline, "trainer", [&] {
    const auto refuse = [&](const std::string& what) {
      throw Error(fmt::format("{} {}", file, what), TWOPASS_INVALID_ARGUMENT, kOption);
    };
    for (const Tensor& tensor : wiring.device->persistent()) {
      const Buffer& param = *tensor.buffer();
      const auto found = std::ranges::find(content.tensors, param.name, &NamedTensor::name);
      if (param.role != TWOPASS_PARAM || found == content.tensors.end()) continue;
      if (!fits(*found, param))
        refuse(fmt::format("has '{}' in the shape {}, where this network's is [{}, {}]", param.name,
                           found->shape, param.rows, param.columns));
      weights.tensors.push_back(std::move(*found));
    }
    if (weights.tensors.empty()) refuse("has none of this network's weights, such as 'layers.0.weight'");
  });
  weights.sha256 = digest(weights.tensors);
  return weights;
}

void upload(host::HostDevice& device, const InitialWeights& weights) {
  for (const NamedTensor& tensor : weights.tensors)
    for (const Tensor& param : device.persistent())
      if (param.buffer()->name == tensor.name) device.device().upload(param, tensor.values);
}

}  // namespace twopass::run
