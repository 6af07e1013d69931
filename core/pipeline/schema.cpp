#include "pipeline/schema.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "host/options.hpp"
#include "pipeline/catalog.hpp"
#include "pipeline/option_check.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/plugin_options.hpp"
#include "pipeline/sections.hpp"

namespace twopass::pipeline {
namespace {

using Json = nlohmann::ordered_json;

Json default_json(const twopass_option& option) {
  const OptionValue value = default_value(option);
  switch (option.type) {
    case TWOPASS_BOOLEAN:
      return value.integer != 0;
    case TWOPASS_INTEGER:
      return value.integer;
    case TWOPASS_NUMBER:
      return value.number;
    case TWOPASS_INTEGER_LIST:
      return value.integers;
    case TWOPASS_NUMBER_LIST:
      return value.numbers;
    case TWOPASS_TEXT_LIST:
      return value.texts;
    default:
      return value.text;
  }
}

void add_range(const twopass_option& option, Json& json) {
  if (!host::is_numeric(option)) return;
  const bool open_below = (option.flags & TWOPASS_MINIMUM_EXCLUSIVE) != 0;
  const bool open_above = (option.flags & TWOPASS_MAXIMUM_EXCLUSIVE) != 0;
  if (std::isfinite(option.minimum)) json[open_below ? "exclusiveMinimum" : "minimum"] = option.minimum;
  if (std::isfinite(option.maximum)) json[open_above ? "exclusiveMaximum" : "maximum"] = option.maximum;
}

// Of the option's value, or of an element of its list.
Json element_json(const twopass_option& option) {
  Json json = Json::object();
  switch (option.type) {
    case TWOPASS_BOOLEAN:
      json["type"] = "boolean";
      break;
    case TWOPASS_INTEGER:
    case TWOPASS_INTEGER_LIST:
      json["type"] = "integer";
      break;
    case TWOPASS_NUMBER:
    case TWOPASS_NUMBER_LIST:
      json["type"] = "number";
      break;
    case TWOPASS_CHOICE:
      json["enum"] = host::choice_names(option);
      break;
    default:
      // A text may look like a number; an optional one may be left empty.
      json["type"] = {"string", "number", "boolean"};
      if (option.type != TWOPASS_TEXT_LIST && option.default_text != nullptr) json["type"].push_back("null");
  }
  add_range(option, json);
  return json;
}

std::string description(const twopass_option& option) {
  std::string text = option.doc;
  if (option.unit != nullptr) text += " In " + std::string(option.unit) + ".";
  for (const twopass_choice& choice : std::span(option.choices, option.choice_count))
    text += "\n" + std::string(choice.name) + ": " + choice.doc;
  return text;
}

Json option_json(const twopass_option& option) {
  Json json =
      host::is_list(option) ? Json{{"type", "array"}, {"items", element_json(option)}} : element_json(option);
  if (option.default_text != nullptr) json["default"] = default_json(option);
  json["description"] = description(option);
  return json;
}

void add_options(const std::vector<const twopass_option*>& options, Json& mapping) {
  for (const twopass_option* option : options) {
    mapping["properties"][option->name] = option_json(*option);
    if (option->default_text == nullptr) mapping["required"].push_back(option->name);
  }
}

Json mapping_json() {
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
}

Json plugin_json(const CatalogEntry& plugin, twopass_kind kind) {
  Json mapping = mapping_json();
  mapping["description"] = plugin.summary;
  if (kind != TWOPASS_BACKEND || plugin.name != kDefaultBackend) mapping["required"].push_back(kPluginKey);
  mapping["properties"][kPluginKey] = {{"const", plugin.name}, {"description", plugin.summary}};
  add_options(common_rows(common_options(kind)), mapping);
  add_options(plugin.options, mapping);
  return mapping;
}

bool has_required(const CatalogEntry& plugin) {
  for (const twopass_option* option : plugin.options)
    if (option->default_text == nullptr) return true;
  return false;
}

// A plugin's name, or a mapping of its options: one alternative for each plugin.
Json section_json(host::Registry& registry, twopass_kind kind) {
  Json names = Json::array();
  Json alternatives = Json::array();
  for (const CatalogEntry& plugin : catalog(registry, kind)) {
    if (!has_required(plugin)) names.push_back(plugin.name);
    alternatives.push_back(plugin_json(plugin, kind));
  }
  // An `enum` must not be empty.
  if (!names.empty()) alternatives.insert(alternatives.begin(), Json{{"enum", names}});
  if (alternatives.empty()) return {{"type", Json::array({"string", "object"})}};
  return {{"oneOf", alternatives}};
}

Json options_json(const std::vector<const twopass_option*>& options) {
  Json mapping = mapping_json();
  mapping["type"] = Json::array({"object", "null"});
  add_options(options, mapping);
  return mapping;
}

// Draft 7 ignores what stands beside a $ref, hence the alternatives around it.
Json required_section(const std::string& definition, const std::string& text) {
  return {{"description", text}, {"anyOf", Json::array({{{"$ref", "#/definitions/" + definition}}})}};
}

Json optional_section(const std::string& definition, const std::string& text) {
  Json json = required_section(definition, text);
  json["anyOf"].push_back({{"type", "null"}});
  return json;
}

}  // namespace

Json schema(host::Registry& registry) {
  Json json = {{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "twopass pipeline"}};
  json.update(mapping_json());
  add_options(common_rows(kPipelineOptions), json);
  for (const char* section : {"dataset", "pretext", "trainer"}) json["required"].push_back(section);

  Json& properties = json["properties"];
  properties["name"]["pattern"] = kNamePattern;
  properties["dataset"] = required_section("dataset", "The images.");
  properties["pretext"] =
      required_section("pretext", "The task whose labels come from the images themselves.");
  properties["network"] = options_json(common_rows(kNetworkOptions));
  properties["trainer"] = required_section("trainer", "The learning rule.");
  properties["backend"] = optional_section("backend", "Where the numbers are computed.");
  properties["transfer"] = options_json(common_rows(kTransferOptions));
  properties["transfer"]["properties"]["dataset"] =
      optional_section("dataset", "Another dataset of the same image shape for the probe.");

  for (const twopass_kind kind : host::kKinds)
    json["definitions"][std::string(host::kind_name(kind))] = section_json(registry, kind);
  return json;
}

}  // namespace twopass::pipeline
