#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace twopass::conformance {

// The names that a shared library defines for others, sorted; read from its file. Throws Error when it has no
// symbol table that can be read.
std::vector<std::string> exported_symbols(const std::filesystem::path& file);

}  // namespace twopass::conformance
