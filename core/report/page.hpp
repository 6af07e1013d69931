#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace twopass::report {

// One HTML page about every run below the folders, from their files alone: a table of all, then for each its
// controls, curves by layer and by epoch, insight and configuration. Nothing is loaded from elsewhere and
// nothing runs, and the page is well-formed XML too. Throws Error: TWOPASS_NOT_FOUND when there is no run,
// and as read_runs().
std::string page(const std::vector<std::filesystem::path>& results);

}  // namespace twopass::report
