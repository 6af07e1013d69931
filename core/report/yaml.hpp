#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "twopass/error.hpp"

namespace twopass::report {

// A part of a YAML file that knows its line. Scalars stay texts, so that 1e-4 reads back as it was written.
struct Yaml {
  enum class Kind { kNothing, kText, kList, kMapping };

  Kind kind = Kind::kNothing;
  std::string text;
  std::vector<std::string> keys;  // of a mapping: keys[index] names items[index]
  std::vector<Yaml> items;        // of a list or mapping
  int line = 0;                   // from 1; of a mapping's value: the line of its key

  const Yaml* find(std::string_view key) const;  // null when absent
};

// Throws Error with `status` that names file and line when the file cannot be read, is no YAML, or names a
// key twice.
Yaml read_yaml(const std::filesystem::path& file, twopass_status status);

}  // namespace twopass::report
