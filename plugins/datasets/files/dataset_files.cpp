#include "files/dataset_files.hpp"

#include <fmt/ranges.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace twopass::datasets {

bool is_file(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

std::vector<std::filesystem::path> Places::list() const {
  std::vector<std::filesystem::path> result;
  for (const std::filesystem::path root : roots)
    for (const std::string& below : folders) result.push_back(below == "." ? root : root / below);
  return result;
}

std::vector<uint8_t> read_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  std::vector<uint8_t> bytes;
  if (stream) bytes.resize(static_cast<size_t>(stream.tellg()));
  stream.seekg(0);
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!stream)
    throw Error("the file " + file.string() + " cannot be read: " + std::strerror(errno), TWOPASS_NOT_FOUND);
  return bytes;
}

Error corrupt(const std::filesystem::path& file, const std::string& expected, const std::string& found) {
  return Error(fmt::format("the file {} is corrupt: expected {}, found {}; replace it with a fresh copy",
                           file.string(), expected, found),
               TWOPASS_CORRUPT);
}

Error not_found(const std::string& title, const std::string& missing, const std::string& passed_over,
                const std::string& how_to_get, const Places& places) {
  // The folders come last: they are what an error's limited length may cut.
  return Error(fmt::format("{} was not found: no folder has {}; {}{}; looked in {} of {}", title, missing,
                           passed_over, how_to_get, fmt::join(places.folders, ", "),
                           places.roots.empty() ? "no root, as none exists"
                                                : fmt::format("{}", fmt::join(places.roots, ", "))),
               TWOPASS_NOT_FOUND);
}

}  // namespace twopass::datasets
