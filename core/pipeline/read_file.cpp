#include "pipeline/read_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "twopass/error.hpp"

namespace twopass::pipeline {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  const bool empty = file.peek() == std::ifstream::traits_type::eof();  // copying nothing counts as a failure
  if (!empty) content << file.rdbuf();
  if (!file.is_open() || file.bad() || !content)
    throw Error(fmt::format("cannot read {}: {}", path.string(), std::strerror(errno)), TWOPASS_NOT_FOUND);
  return std::move(content).str();
}

}  // namespace twopass::pipeline
