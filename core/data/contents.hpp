#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "data/catalogue.hpp"

namespace twopass::data {

// Where a file departs from what was published.
struct Mismatch {
  std::string expected, found;
};

// Compares the contents of `path`, plain or gzip-compressed, with what is known of `file`; nothing when they
// agree. Throws Error with TWOPASS_NOT_FOUND when the file cannot be read.
std::optional<Mismatch> compare(const std::filesystem::path& path, const File& file);

// The digest of the file as it lies there, by the algorithm of `like`: "sha256:..." gives "sha256:...".
std::string digest_of_file(const std::filesystem::path& path, const std::string& like);

}  // namespace twopass::data
