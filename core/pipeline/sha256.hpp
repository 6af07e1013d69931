#pragma once

#include <string>
#include <string_view>

namespace twopass::pipeline {

// SHA-256 in lower-case hex.
std::string sha256_hex(std::string_view bytes);

}  // namespace twopass::pipeline
