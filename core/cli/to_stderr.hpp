#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace twopass::cli {

// Where it cannot be written (a full disk, a closed descriptor) that is no error: fmt::print would throw, and
// hide the exit code of what was to be told.
template <class... Arguments>
void to_stderr(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  std::fputs(fmt::format(format, std::forward<Arguments>(arguments)...).c_str(), stderr);
}

}  // namespace twopass::cli
