#include "run/json_files.hpp"

#include "pipeline/read_file.hpp"
#include "run/files.hpp"

namespace twopass::run {

using nlohmann::json;

std::optional<json> read_json_object(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return std::nullopt;
  json content = json::parse(pipeline::read_file(file), nullptr, false);
  return content.is_object() ? std::optional(std::move(content)) : std::nullopt;
}

void write_json(const std::filesystem::path& file, const json& content) {
  write_atomically(file, content.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

}  // namespace twopass::run
