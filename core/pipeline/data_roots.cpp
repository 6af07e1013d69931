#include "pipeline/data_roots.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "host/registry.hpp"

namespace twopass::pipeline {
namespace fs = std::filesystem;

std::vector<std::string> data_roots(const std::string& root) {
  const char* variable = std::getenv("TWOPASS_DATA_ROOT");
  std::vector<std::string> roots;
  for (const fs::path& folder :
       {fs::path(root), fs::path(variable == nullptr ? "" : variable), fs::path("data"),
        host::user_folder("data"), fs::path("/usr/share/datasets")}) {
    std::error_code ignored;
    if (folder.empty() || !fs::is_directory(folder, ignored)) continue;
    const std::string absolute = fs::absolute(folder).lexically_normal().string();
    if (std::find(roots.begin(), roots.end(), absolute) == roots.end()) roots.push_back(absolute);
  }
  return roots;
}

}  // namespace twopass::pipeline
