#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/diagnostic.hpp"

namespace twopass::pipeline {

// A YAML value with its place. yaml-cpp's own nodes lose positions through aliases and share what aliases
// share, so that an override of one section would change another.
struct YamlNode {
  enum class Kind { kNothing, kScalar, kList, kMapping };

  Kind kind = Kind::kNothing;
  std::string text{};                // of a scalar
  bool quoted = false;               // of a scalar: a text, whatever it looks like
  std::vector<YamlNode> children{};  // of a list or mapping, in the order of the source
  Position position{};
  std::string key{};  // of a mapping's child
  Position key_position{};

  const YamlNode* find(std::string_view wanted) const;  // null if absent or no mapping
  YamlNode* find(std::string_view wanted);
};

// What stands there, for "expected ..., got ...": 2, "fast", a list, nothing.
std::string got_text(const YamlNode& node);

// A file's text. `what` it should be ("pipeline file") is for people. Throws InvalidPipeline when there is no
// such file, or none that can be read.
std::shared_ptr<const Source> read_source(const std::filesystem::path& file, const std::string& what);
// A text as if it were the file `origin`'s.
std::shared_ptr<const Source> make_source(const std::string& text, const std::filesystem::path& origin);

// The one YAML document in the source's text from byte `first` on. Reports syntax errors, several documents,
// duplicate keys, merge keys, tags and keys that are no words; returns what could be understood (kNothing for
// an empty text).
YamlNode read_yaml(const std::shared_ptr<const Source>& source, Diagnostics& diagnostics, size_t first = 0);
// The same of a text that has to be a mapping, "a pipeline" as `what`; `note` tells people how one looks.
YamlNode read_mapping(const std::shared_ptr<const Source>& source, const std::string& what,
                      const std::string& note, Diagnostics& diagnostics);

}  // namespace twopass::pipeline
