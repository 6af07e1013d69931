#include "pipeline/option_values.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string_view>

#include "pipeline/numbers.hpp"

namespace twopass::pipeline {
namespace {

// Plain where every YAML reader, also one of version 1.1, sees a text; else in JSON's notation, which is YAML
// too.
std::string text_to_yaml(const std::string& text) {
  constexpr std::array<std::string_view, 8> kNoTexts{"true", "false", "null", "yes", "no", "on", "off", "y"};
  const auto letter = [](char byte) {
    return std::isalpha(static_cast<unsigned char>(byte)) != 0 || byte == '_';
  };
  const auto word = [&](char byte) {
    return letter(byte) || std::isdigit(static_cast<unsigned char>(byte)) != 0 || byte == '.' || byte == '-';
  };
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char byte) { return std::tolower(byte); });
  const bool plain = !text.empty() && letter(text[0]) && std::all_of(text.begin(), text.end(), word) &&
                     std::find(kNoTexts.begin(), kNoTexts.end(), lower) == kNoTexts.end() && lower != "n";
  return plain ? text : nlohmann::json(text).dump();
}

template <class Element, class Format>
std::string list_to_yaml(const std::vector<Element>& elements, Format format) {
  std::string yaml;
  for (const Element& element : elements) yaml += (yaml.empty() ? "" : ", ") + format(element);
  return "[" + yaml + "]";
}

}  // namespace

std::string to_yaml(const OptionValue& value) {
  switch (value.type) {
    case TWOPASS_BOOLEAN:
      return value.integer != 0 ? "true" : "false";
    case TWOPASS_INTEGER:
      return std::to_string(value.integer);
    case TWOPASS_NUMBER:
      return format_number(value.number);
    case TWOPASS_TEXT:
    case TWOPASS_CHOICE:
    case TWOPASS_PATH:
      return text_to_yaml(value.text);
    case TWOPASS_INTEGER_LIST:
      return list_to_yaml(value.integers, [](int64_t element) { return std::to_string(element); });
    case TWOPASS_NUMBER_LIST:
      return list_to_yaml(value.numbers, format_number);
    case TWOPASS_TEXT_LIST:
      return list_to_yaml(value.texts, text_to_yaml);
  }
  return "";
}

OptionValues::OptionValues(std::vector<OptionValue> values) {
  auto storage = std::make_shared<Storage>();
  storage->owned = std::move(values);
  for (const OptionValue& value : storage->owned) {
    std::vector<const char*>& texts = storage->texts.emplace_back();
    for (const std::string& text : value.texts) texts.push_back(text.c_str());
    twopass_value item{};
    item.struct_size = sizeof item;
    item.type = value.type;
    item.name = value.name.c_str();
    item.integer = value.integer;
    item.number = value.number;
    item.text = value.text.c_str();
    item.count = value.integers.size() + value.numbers.size() + value.texts.size();
    item.integers = value.integers.data();
    item.numbers = value.numbers.data();
    item.texts = texts.data();
    storage->items.push_back(item);
  }
  storage->values = {sizeof(twopass_values), static_cast<uint32_t>(storage->items.size()),
                     storage->items.data()};
  storage_ = std::move(storage);
}

}  // namespace twopass::pipeline
