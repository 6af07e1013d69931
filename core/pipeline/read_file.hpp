#pragma once

#include <filesystem>
#include <string>

namespace twopass::pipeline {

// A file's bytes. Throws Error with TWOPASS_NOT_FOUND, which names file and reason, when it cannot be read.
std::string read_file(const std::filesystem::path& path);

}  // namespace twopass::pipeline
