#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace twopass::run {

// The safetensors format (https://github.com/huggingface/safetensors), float32 tensors
// only, written the way the reference writer orders and pads, so that equal contents are equal bytes.
struct NamedTensor {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<float> values;  // row-major
};

struct SafeTensors {
  std::map<std::string, std::string> metadata;
  std::vector<NamedTensor> tensors;
};

// Atomically. Throws Error that names the file.
void write_safetensors(const std::filesystem::path& path, const SafeTensors& content);

// Tensors that are not float32: none is in what twopass writes, any may be in what others do.
enum class OtherTypes { kRefused, kPassedOver };

// Throws Error with TWOPASS_CORRUPT naming file and mismatch when the file is not exactly what the format
// says.
SafeTensors read_safetensors(const std::filesystem::path& path, OtherTypes others = OtherTypes::kRefused);

}  // namespace twopass::run
