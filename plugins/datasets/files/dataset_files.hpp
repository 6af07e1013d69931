#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "twopass/error.hpp"

namespace twopass::datasets {

bool is_file(const std::filesystem::path& path);

// Where a dataset may lie: every folder below every root, root by root; "." is the root itself.
struct Places {
  std::vector<std::string> roots;    // best first
  std::vector<std::string> folders;  // below a root, best first

  std::vector<std::filesystem::path> list() const;
};

// The whole file. Throws Error with TWOPASS_NOT_FOUND when it cannot be read.
std::vector<uint8_t> read_file(const std::filesystem::path& file);

// The error of a file whose contents are wrong (TWOPASS_CORRUPT), in one sentence for all of them.
Error corrupt(const std::filesystem::path& file, const std::string& expected, const std::string& found);

// The error of files that are in none of the places (TWOPASS_NOT_FOUND). `missing` says what no folder has,
// `passed_over` what was found and not taken ("/data has no labels; "), `how_to_get` what to do.
Error not_found(const std::string& title, const std::string& missing, const std::string& passed_over,
                const std::string& how_to_get, const Places& places);

}  // namespace twopass::datasets
