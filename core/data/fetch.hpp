#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace twopass::data {

struct Limits {
  int64_t bytes;      // more is not taken
  int stall_seconds;  // so long a mirror may send nothing
};

struct Transfer {
  std::string failure;       // empty: the server has sent all that it has
  bool unreachable = false;  // no word came from the server
};

// Called several times a second with the bytes that `part` holds; what it throws ends the transfer.
using Progress = std::function<void(int64_t)>;

// Appends to `part` what it lacks of the file at `url` (http, https or file). Begins anew where the server
// cannot continue. Throws Error with TWOPASS_IO when `part` cannot be written; what has arrived stays there.
Transfer fetch(const std::string& url, const std::filesystem::path& part, const Limits& limits,
               const Progress& progress);

}  // namespace twopass::data
