#include "run/initial_weights.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "pipeline/read_file.hpp"
#include "pipeline/sha256.hpp"

namespace twopass::run {
namespace {

constexpr const char* kOption = "initial_weights";

bool fits(const NamedTensor& found, const Buffer& param) {
  return found.shape == std::vector{param.rows, param.columns} ||
         (param.rows == 1 && found.shape == std::vector{param.columns});
}

// layers.0.weight, layers.0.bias, ... as all trainers call them.
bool is_hidden(const std::string& param, size_t layers) {
  for (size_t layer = 0; layer < layers; ++layer)
    if (param.starts_with(fmt::format("layers.{}.", layer))) return true;
  return false;
}

// Names of params; a checkpoint has moments as well.
std::vector<std::string> params_of(const SafeTensors& content) {
  std::vector<std::string> names;
  for (const NamedTensor& tensor : content.tensors)
    if (tensor.name.ends_with(".weight") || tensor.name.ends_with(".bias")) names.push_back(tensor.name);
  return names;
}

std::string list(const char* what, const std::vector<std::string>& names) {
  return names.empty() ? "" : fmt::format("; {}: {}", what, fmt::join(names, ", "));
}

}  // namespace

InitialWeights read_initial_weights(const Wiring& wiring) {
  InitialWeights weights;
  const std::string file = initial_weights_file(wiring.pipeline);
  if (file.empty()) return weights;
  SafeTensors content = read_safetensors(file, OtherTypes::kPassedOver);
  std::vector<std::string> seeds;
  at_section(wiring.pipeline, "trainer", [&] {
    const auto refuse = [&](const std::string& what) {
      throw Error(fmt::format("{} {}", file, what), TWOPASS_INVALID_ARGUMENT, kOption);
    };
    const size_t hidden = wiring.trainer->features.size();
    for (const Tensor& tensor : wiring.device->persistent()) {
      const Buffer& param = *tensor.buffer();
      if (param.role != TWOPASS_PARAM) continue;
      const auto found = std::ranges::find(content.tensors, param.name, &NamedTensor::name);
      const bool is_there = found != content.tensors.end();
      if (is_there && fits(*found, param)) {
        if (!std::ranges::all_of(found->values, [](float value) { return std::isfinite(value); }))
          refuse(fmt::format("holds values in '{}' that are no numbers", param.name));
        weights.tensors.push_back(std::move(*found));
        content.tensors.erase(found);
        continue;
      }
      if (is_hidden(param.name, hidden))
        refuse(is_there ? fmt::format("has '{}' in the shape {}, where this network's is [{}, {}]",
                                      param.name, found->shape, param.rows, param.columns)
                        : fmt::format("has no '{}' in float32", param.name));
      seeds.push_back(param.name);
    }
    if (weights.tensors.empty()) refuse("has none of this network's weights in float32");
  });
  weights.summary = fmt::format("{} of {} weights are those of {}{}{}", weights.tensors.size(),
                                weights.tensors.size() + seeds.size(), file, list("the seed's", seeds),
                                list("not used", params_of(content)));
  return weights;
}

std::string initial_weights_file(const pipeline::Pipeline& pipeline) {
  return pipeline.trainer.values.typed().path(kOption);
}

std::string initial_weights_digest(const pipeline::Pipeline& pipeline) {
  const std::string file = initial_weights_file(pipeline);
  return std::filesystem::exists(file) ? pipeline::sha256_hex(pipeline::read_file(file)) : "";
}

void upload(host::HostDevice& device, const InitialWeights& weights) {
  for (const NamedTensor& tensor : weights.tensors)
    for (const Tensor& param : device.persistent())
      if (param.buffer()->name == tensor.name) device.device().upload(param, tensor.values);
}

}  // namespace twopass::run
