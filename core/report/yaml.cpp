#include "report/yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

namespace twopass::report {
namespace {

// Deeper than any of our files; an alias may contain itself.
constexpr int kMaximumDepth = 32;

Yaml convert(const YAML::Node& node, int depth) {
  if (depth > kMaximumDepth) throw YAML::Exception(node.Mark(), "nested too deeply");
  Yaml part;
  part.line = node.Mark().line + 1;
  if (node.IsScalar()) {
    part.kind = Yaml::Kind::kText;
    part.text = node.Scalar();
  } else if (node.IsSequence()) {
    part.kind = Yaml::Kind::kList;
    for (const YAML::Node& item : node) part.items.push_back(convert(item, depth + 1));
  } else if (node.IsMap()) {
    part.kind = Yaml::Kind::kMapping;
    for (const auto& entry : node) {
      const auto key = entry.first.as<std::string>();
      if (part.find(key) != nullptr)
        throw YAML::Exception(entry.first.Mark(), fmt::format("'{}' is given twice", key));
      part.keys.push_back(key);
      part.items.push_back(convert(entry.second, depth + 1));
      part.items.back().line = entry.first.Mark().line + 1;  // where a reader looks for it
    }
  }
  return part;
}

}  // namespace

const Yaml* Yaml::find(std::string_view key) const {
  const auto found = std::ranges::find(keys, key);
  return found == keys.end() ? nullptr : &items[static_cast<size_t>(found - keys.begin())];
}

Yaml read_yaml(const std::filesystem::path& file, twopass_status status) {
  try {
    return convert(YAML::LoadFile(file.string()), 0);
  } catch (const YAML::BadFile&) {
    throw Error(fmt::format("{}: cannot be read", file.generic_string()), status);
  } catch (const YAML::Exception& error) {
    throw Error(fmt::format("{}:{}: {}", file.generic_string(), error.mark.line + 1, error.msg), status);
  }
}

}  // namespace twopass::report
