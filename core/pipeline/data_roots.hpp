#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace twopass::pipeline {

// $XDG_DATA_HOME/twopass/data or ~/.local/share/twopass/data, where `twopass data get` puts what it fetches;
// empty when neither variable says where the user lives. May not exist.
std::filesystem::path user_data_folder();

// The existing folders that datasets are looked for in, best first and absolute: `root` (a dataset's option,
// may be empty), TWOPASS_DATA_ROOT, ./data, the user's data folder, /usr/share/datasets.
std::vector<std::string> data_roots(const std::string& root);

}  // namespace twopass::pipeline
