#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/catalogue.hpp"

namespace twopass::data {

struct FoundFile {
  File file;
  std::filesystem::path path;  // plain or .gz
};

// A folder that holds a dataset, or a part of it.
struct Place {
  std::filesystem::path folder;
  std::vector<FoundFile> found;
  std::vector<std::string> missing;  // what twopass needs and the folder lacks
};

// The file in `folder` that the dataset's plugin would read: the plain one before the .gz; nothing when
// neither is there.
std::optional<std::filesystem::path> file_to_read(const std::filesystem::path& folder, const File& file,
                                                  Packing packing);

// Where the dataset's plugin would read it from; a folder with some of its files when none has all; nothing
// when no folder has any. `roots` are best first.
std::optional<Place> find(const Dataset& dataset, const std::vector<std::string>& roots);

}  // namespace twopass::data
