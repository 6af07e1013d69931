#include "run/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>

#include "pipeline/read_file.hpp"
#include "run/files.hpp"
#include "twopass/error.hpp"

namespace twopass::run {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors is little-endian");

// Keys of the header keep the order of the data.
using Json = nlohmann::ordered_json;
constexpr size_t kMaximumHeader = 100'000'000;

[[noreturn]] void corrupt(const std::filesystem::path& path, const std::string& what) {
  throw Error(fmt::format("{} is damaged: {}", path.string(), what), TWOPASS_CORRUPT);
}

std::string_view bytes_of(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

NamedTensor read_tensor(const std::filesystem::path& path, const std::string& name, const Json& entry,
                        std::string_view data, size_t& expected_begin) {
  if (entry.at("dtype") != "F32") corrupt(path, fmt::format("tensor '{}' is not F32", name));
  NamedTensor tensor{name, entry.at("shape").get<std::vector<int64_t>>(), {}};
  const auto offsets = entry.at("data_offsets").get<std::array<size_t, 2>>();
  const auto [begin, end] = offsets;
  size_t count = 1;
  for (const int64_t size : tensor.shape)
    if (size < 0 || __builtin_mul_overflow(count, static_cast<size_t>(size), &count))
      corrupt(path, fmt::format("tensor '{}' has an impossible shape", name));
  if (begin != expected_begin || end < begin || end > data.size() || (end - begin) / sizeof(float) != count ||
      (end - begin) % sizeof(float) != 0)
    corrupt(path, fmt::format("tensor '{}' does not lie where its header says", name));
  expected_begin = end;
  tensor.values.resize(count);
  if (count > 0) std::memcpy(tensor.values.data(), data.data() + begin, end - begin);
  return tensor;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, const SafeTensors& content) {
  std::vector<const NamedTensor*> order;
  for (const NamedTensor& tensor : content.tensors) order.push_back(&tensor);
  std::ranges::sort(order, {}, [](const NamedTensor* tensor) { return tensor->name; });

  Json header = Json::object();
  header["__metadata__"] = content.metadata;
  size_t offset = 0;
  for (const NamedTensor* tensor : order) {
    const size_t end = offset + bytes_of(tensor->values).size();
    header[tensor->name] = {{"dtype", "F32"}, {"shape", tensor->shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  const uint64_t size = text.size();

  std::vector<std::string_view> pieces{{reinterpret_cast<const char*>(&size), sizeof size}, text};
  for (const NamedTensor* tensor : order) pieces.push_back(bytes_of(tensor->values));
  write_atomically(path, pieces);
}

SafeTensors read_safetensors(const std::filesystem::path& path, OtherTypes others) {
  const std::string file = pipeline::read_file(path);
  uint64_t header_size = 0;
  if (file.size() < sizeof header_size) corrupt(path, "it is shorter than its first field");
  std::memcpy(&header_size, file.data(), sizeof header_size);
  if (header_size > kMaximumHeader || header_size > file.size() - sizeof header_size)
    corrupt(path, "its header is longer than the file");
  const std::string_view header_text = std::string_view(file).substr(sizeof header_size, header_size);
  const std::string_view data = std::string_view(file).substr(sizeof header_size + header_size);

  SafeTensors content;
  size_t expected_begin = 0;
  try {
    const Json header = Json::parse(header_text);
    std::vector<std::pair<size_t, std::string>> order;  // of the data, which the header need not have
    for (const auto& [name, entry] : header.items())
      if (name == "__metadata__")
        content.metadata = entry.get<std::map<std::string, std::string>>();
      else
        order.emplace_back(entry.at("data_offsets").at(0).get<size_t>(), name);
    std::ranges::sort(order);
    for (const auto& [begin, name] : order) {
      const Json& entry = header.at(name);
      if (others == OtherTypes::kPassedOver && entry.at("dtype") != "F32")
        expected_begin = entry.at("data_offsets").at(1).get<size_t>();
      else
        content.tensors.push_back(read_tensor(path, name, entry, data, expected_begin));
    }
  } catch (const nlohmann::json::exception& e) {
    corrupt(path, fmt::format("its header cannot be read ({})", e.what()));
  }
  if (expected_begin != data.size())
    corrupt(path, fmt::format("{} bytes of data where the header promises {}", data.size(), expected_begin));
  return content;
}

}  // namespace twopass::run
