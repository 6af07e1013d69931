#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "data/catalogue.hpp"
#include "data/contents.hpp"

namespace twopass::data {

// Unpacks the files that `contents` describes from a tar.gz, where they lie in a folder named like `folder`,
// into `folder`, which exists. Nothing else is taken from it, whatever its entries are called. A file gets
// its name only when all are as published; where they are not, `folder` stays as it was and the first
// departure is returned. Throws Error with TWOPASS_IO when a file cannot be written.
std::optional<Mismatch> unpack(const std::filesystem::path& archive, const Archive& contents,
                               const std::filesystem::path& folder);

}  // namespace twopass::data
