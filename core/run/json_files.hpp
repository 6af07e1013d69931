#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

namespace twopass::run {

// The object that a file holds; nothing when it is absent, damaged or holds something else: a crash of the
// machine may have cut it. Throws Error with TWOPASS_NOT_FOUND when it is there and cannot be read.
std::optional<nlohmann::json> read_json_object(const std::filesystem::path& file);

// The entry `key`; where it is missing or of another type, `otherwise`.
template <class Type>
Type entry(const nlohmann::json& object, const char* key, Type otherwise) {
  try {
    return object.value(key, otherwise);
  } catch (const nlohmann::json::exception&) {
    return otherwise;
  }
}

// Replaces a file in one step, as write_atomically() does. Bytes that are no UTF-8, as names of files may
// have, are replaced.
void write_json(const std::filesystem::path& file, const nlohmann::json& content);

}  // namespace twopass::run
