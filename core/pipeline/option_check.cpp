#include "pipeline/option_check.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "host/nearest.hpp"
#include "host/options.hpp"
#include "pipeline/numbers.hpp"
#include "twopass/error.hpp"

namespace twopass::pipeline {
namespace {

// Paths count from the folder of the file that names them; ~ is not always the shell's to expand
// (key=~/data).
std::string absolute_path(const std::string& text, const std::filesystem::path& folder) {
  if (text.empty()) return text;
  return std::filesystem::absolute(folder / expand_home(text)).lexically_normal().string();
}

// `root:` is as good as `root: ""`.
bool may_be_empty(const twopass_option& option) {
  return (option.type == TWOPASS_TEXT || option.type == TWOPASS_PATH) && option.default_text != nullptr;
}

class OptionReader {
 public:
  OptionReader(const twopass_option& option, const std::string& path, const std::string& note,
               Diagnostics& diagnostics)
      : option_(option), path_(path), note_(note), diagnostics_(diagnostics) {}

  std::optional<OptionValue> read(const YamlNode& node) {
    value_.name = option_.name;
    value_.type = static_cast<twopass_option_type>(option_.type);
    const bool read_whole = host::is_list(option_) ? read_list(node) : read_element(node);
    return read_whole ? std::optional(std::move(value_)) : std::nullopt;
  }

 private:
  bool read_list(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::kList) return fail(node, host::expected_text(option_));
    bool all_read = true;
    for (const YamlNode& item : node.children) all_read = read_element(item) && all_read;
    return all_read;
  }

  bool read_element(const YamlNode& node) {
    const bool empty = node.kind == YamlNode::Kind::kNothing && may_be_empty(option_);
    const bool scalar = node.kind == YamlNode::Kind::kScalar || empty;
    if (!scalar || !store(node)) return fail(node, host::expected_element_text(option_));
    return true;
  }

  // False when the scalar is no value of the option.
  bool store(const YamlNode& node) {
    switch (option_.type) {
      case TWOPASS_BOOLEAN:
        value_.integer = node.text == "true" ? 1 : 0;
        return !node.quoted && (node.text == "true" || node.text == "false");
      case TWOPASS_INTEGER:
      case TWOPASS_INTEGER_LIST:
        return store_integer(node);
      case TWOPASS_NUMBER:
      case TWOPASS_NUMBER_LIST:
        return store_number(node);
      case TWOPASS_CHOICE:
        value_.text = node.text;
        return std::ranges::count(host::choice_names(option_), node.text) > 0;
      case TWOPASS_PATH:
        value_.text = absolute_path(node.text, node.position.source->folder);
        return true;
      case TWOPASS_TEXT_LIST:
        value_.texts.push_back(node.text);
        return true;
      default:
        value_.text = node.text;
        return true;
    }
  }

  bool store_integer(const YamlNode& node) {
    const std::optional<int64_t> parsed = parse_integer(node.text);
    if (node.quoted || !parsed || !host::in_range(option_, static_cast<double>(*parsed))) return false;
    if (host::is_list(option_)) value_.integers.push_back(*parsed);
    value_.integer = host::is_list(option_) ? 0 : *parsed;
    return true;
  }

  bool store_number(const YamlNode& node) {
    const std::optional<double> parsed = parse_number(node.text);
    if (node.quoted || !parsed || !host::in_range(option_, *parsed)) return false;
    if (host::is_list(option_)) value_.numbers.push_back(*parsed);
    value_.number = host::is_list(option_) ? 0 : *parsed;
    return true;
  }

  bool fail(const YamlNode& node, const std::string& expected) {
    std::string message =
        (path_.empty() ? "" : path_ + ": ") + "expected " + expected + ", got " + got_text(node);
    const std::string reason = host::is_numeric(option_) ? explain_number(node.text) : "";
    if (!reason.empty()) message += " (" + reason + ")";
    if (node.kind == YamlNode::Kind::kScalar)
      message += host::did_you_mean(node.text, host::choice_names(option_));
    diagnostics_.error(node.position, std::move(message), note_);
    return false;
  }

  const twopass_option& option_;
  const std::string& path_;
  const std::string& note_;
  Diagnostics& diagnostics_;
  OptionValue value_;
};

}  // namespace

std::string expand_home(const std::string& path) {
  const char* home = std::getenv("HOME");
  return home != nullptr && (path == "~" || path.starts_with("~/")) ? home + path.substr(1) : path;
}

std::optional<OptionValue> check_option(const YamlNode& node, const twopass_option& option,
                                        const std::string& path, const std::string& note,
                                        Diagnostics& diagnostics) {
  return OptionReader(option, path, note, diagnostics).read(node);
}

OptionValue default_value(const twopass_option& option) {
  Diagnostics diagnostics;
  const Source text{.name = "default", .text = option.default_text, .folder = {}};
  const YamlNode node = read_yaml(std::make_shared<const Source>(text), diagnostics);
  if (diagnostics.empty()) {
    const auto value = check_option(node, option, "", "", diagnostics);
    if (value) return *value;
  }
  throw Error(diagnostics.first_message(), TWOPASS_INTERNAL, option.name);
}

}  // namespace twopass::pipeline
