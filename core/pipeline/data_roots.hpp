#pragma once

#include <string>
#include <vector>

namespace twopass::pipeline {

// The existing folders that datasets are looked for in, best first and absolute: `root` (a dataset's option,
// may be empty), TWOPASS_DATA_ROOT, ./data, host::user_folder("data"), /usr/share/datasets.
std::vector<std::string> data_roots(const std::string& root);

}  // namespace twopass::pipeline
