#include "host/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <span>

#include "twopass/error.hpp"

namespace twopass::host {
namespace {

bool minimum_exclusive(const twopass_option& option) {
  return (option.flags & TWOPASS_MINIMUM_EXCLUSIVE) != 0;
}
bool maximum_exclusive(const twopass_option& option) {
  return (option.flags & TWOPASS_MAXIMUM_EXCLUSIVE) != 0;
}

std::string with_range(const std::string& noun, const twopass_option& option) {
  const std::string range = range_text(option);
  return range.empty() ? noun : noun + " " + range;
}

}  // namespace

std::vector<const twopass_option*> option_rows(const twopass_option* options, uint32_t count) {
  std::vector<const twopass_option*> rows;
  for (uint32_t index = 0; index < count; ++index) rows.push_back(&abi::at(options, index));
  return rows;
}

std::vector<const twopass_option*> option_rows(const twopass_plugin& plugin) {
  return option_rows(plugin.options, plugin.option_count);
}

bool is_list(const twopass_option& option) {
  return option.type == TWOPASS_INTEGER_LIST || option.type == TWOPASS_NUMBER_LIST ||
         option.type == TWOPASS_TEXT_LIST;
}

bool is_numeric(const twopass_option& option) {
  return option.type == TWOPASS_INTEGER || option.type == TWOPASS_NUMBER ||
         option.type == TWOPASS_INTEGER_LIST || option.type == TWOPASS_NUMBER_LIST;
}

std::string type_name(const twopass_option& option) {
  switch (option.type) {
    case TWOPASS_BOOLEAN:
      return "boolean";
    case TWOPASS_INTEGER:
      return "integer";
    case TWOPASS_NUMBER:
      return "number";
    case TWOPASS_TEXT:
      return "text";
    case TWOPASS_CHOICE:
      return "choice";
    case TWOPASS_PATH:
      return "path";
    case TWOPASS_INTEGER_LIST:
      return "integer list";
    case TWOPASS_NUMBER_LIST:
      return "number list";
    case TWOPASS_TEXT_LIST:
      return "text list";
    default:
      return "unknown type";
  }
}

std::vector<std::string> choice_names(const twopass_option& option) {
  std::vector<std::string> names;
  for (const twopass_choice& choice : std::span(option.choices, option.choice_count))
    names.emplace_back(choice.name);
  return names;
}

std::string range_text(const twopass_option& option) {
  if (!is_numeric(option)) return {};
  const bool has_minimum = std::isfinite(option.minimum);
  const bool has_maximum = std::isfinite(option.maximum);
  if (has_minimum && has_maximum)
    return fmt::format("in {}{}, {}{}", minimum_exclusive(option) ? '(' : '[', option.minimum, option.maximum,
                       maximum_exclusive(option) ? ')' : ']');
  if (has_minimum)
    return fmt::format("{} {}", minimum_exclusive(option) ? "above" : "of at least", option.minimum);
  if (has_maximum)
    return fmt::format("{} {}", maximum_exclusive(option) ? "below" : "of at most", option.maximum);
  return {};
}

std::string expected_text(const twopass_option& option) {
  switch (option.type) {
    case TWOPASS_INTEGER_LIST:
      return with_range("a list of integers", option);
    case TWOPASS_NUMBER_LIST:
      return with_range("a list of numbers", option);
    case TWOPASS_TEXT_LIST:
      return "a list of texts";
    default:
      return expected_element_text(option);
  }
}

std::string expected_element_text(const twopass_option& option) {
  switch (option.type) {
    case TWOPASS_BOOLEAN:
      return "true or false";
    case TWOPASS_INTEGER:
    case TWOPASS_INTEGER_LIST:
      return with_range("an integer", option);
    case TWOPASS_NUMBER:
    case TWOPASS_NUMBER_LIST:
      return with_range("a number", option);
    case TWOPASS_CHOICE:
      return fmt::format("one of {}", fmt::join(choice_names(option), ", "));
    case TWOPASS_PATH:
      return "a path";
    default:
      return "a text";
  }
}

bool in_range(const twopass_option& option, double value) {
  const bool above = minimum_exclusive(option) ? value > option.minimum : value >= option.minimum;
  const bool below = maximum_exclusive(option) ? value < option.maximum : value <= option.maximum;
  return above && below;
}

}  // namespace twopass::host
