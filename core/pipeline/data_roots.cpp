#include "pipeline/data_roots.hpp"

#include <algorithm>
#include <cstdlib>

namespace twopass::pipeline {
namespace fs = std::filesystem;
namespace {

fs::path from_environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? fs::path() : fs::path(value);
}

}  // namespace

fs::path user_data_folder() {
  // The XDG specification asks to ignore relative values.
  const fs::path data_home = from_environment("XDG_DATA_HOME");
  if (data_home.is_absolute()) return data_home / "twopass/data";
  const fs::path home = from_environment("HOME");
  return home.is_absolute() ? home / ".local/share/twopass/data" : fs::path();
}

std::vector<std::string> data_roots(const std::string& root) {
  std::vector<std::string> roots;
  for (const fs::path& folder : {fs::path(root), from_environment("TWOPASS_DATA_ROOT"), fs::path("data"),
                                 user_data_folder(), fs::path("/usr/share/datasets")}) {
    std::error_code ignored;
    if (folder.empty() || !fs::is_directory(folder, ignored)) continue;
    const std::string absolute = fs::absolute(folder).lexically_normal().string();
    if (std::find(roots.begin(), roots.end(), absolute) == roots.end()) roots.push_back(absolute);
  }
  return roots;
}

}  // namespace twopass::pipeline
