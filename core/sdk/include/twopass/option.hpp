#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "twopass/abi.h"
#include "twopass/error.hpp"

namespace twopass {

// One row of a plugin's option table. The table is the single source of YAML validation, typed reads,
// `twopass inspect`, the JSON schema and the documentation. Build rows with the functions below:
//
//   number("learning_rate", "1e-4", "Adam's step size, constant over the run.").above(0).at_most(1)
//
// A default is YAML text and must itself be valid; pass `kRequired` for an option without one. All texts must
// be string literals or live as long as the library.
inline constexpr const char* kRequired = nullptr;

struct Option : twopass_option {
  constexpr Option(twopass_option_type option_type, const char* option_name, const char* option_default,
                   const char* option_doc)
      : twopass_option{sizeof(twopass_option),
                       static_cast<uint32_t>(option_type),
                       option_name,
                       option_doc,
                       nullptr,
                       option_default,
                       -std::numeric_limits<double>::infinity(),
                       std::numeric_limits<double>::infinity(),
                       0,
                       0,
                       nullptr} {}

  constexpr Option at_least(double value) const { return with_minimum(value, 0); }
  constexpr Option above(double value) const { return with_minimum(value, TWOPASS_MINIMUM_EXCLUSIVE); }
  constexpr Option at_most(double value) const { return with_maximum(value, 0); }
  constexpr Option below(double value) const { return with_maximum(value, TWOPASS_MAXIMUM_EXCLUSIVE); }
  constexpr Option in_units(const char* value) const {
    Option copy = *this;
    copy.unit = value;
    return copy;
  }
  // For an option that came after a release without it. Its default does what was done before and must never
  // change: config_hash leaves it out then, so that earlier runs keep theirs and their sweeps go on.
  constexpr Option added_later() const {
    Option copy = *this;
    copy.flags |= TWOPASS_ADDED_LATER;
    return copy;
  }

 private:
  constexpr Option with_minimum(double value, uint32_t flag) const {
    Option copy = *this;
    copy.minimum = value;
    copy.flags |= flag;
    return copy;
  }
  constexpr Option with_maximum(double value, uint32_t flag) const {
    Option copy = *this;
    copy.maximum = value;
    copy.flags |= flag;
    return copy;
  }
};
static_assert(sizeof(Option) == sizeof(twopass_option), "an array of Option is an array of twopass_option");

constexpr Option boolean(const char* name, const char* default_text, const char* doc) {
  return {TWOPASS_BOOLEAN, name, default_text, doc};
}
constexpr Option integer(const char* name, const char* default_text, const char* doc) {
  return {TWOPASS_INTEGER, name, default_text, doc};
}
constexpr Option number(const char* name, const char* default_text, const char* doc) {
  return {TWOPASS_NUMBER, name, default_text, doc};
}
constexpr Option text(const char* name, const char* default_text, const char* doc) {
  return {TWOPASS_TEXT, name, default_text, doc};
}
constexpr Option path(const char* name, const char* default_text, const char* doc) {
  return {TWOPASS_PATH, name, default_text, doc};
}
constexpr Option integer_list(const char* name, const char* default_text, const char* doc) {
  return {TWOPASS_INTEGER_LIST, name, default_text, doc};
}
constexpr Option number_list(const char* name, const char* default_text, const char* doc) {
  return {TWOPASS_NUMBER_LIST, name, default_text, doc};
}
constexpr Option text_list(const char* name, const char* default_text, const char* doc) {
  return {TWOPASS_TEXT_LIST, name, default_text, doc};
}
// `choices` must outlive the table: declare it as a static constexpr array.
constexpr Option choice(const char* name, const char* default_text, std::span<const twopass_choice> choices,
                        const char* doc) {
  Option option{TWOPASS_CHOICE, name, default_text, doc};
  option.choice_count = static_cast<uint32_t>(choices.size());
  option.choices = choices.data();
  return option;
}

// One option table out of several.
template <size_t... Sizes>
constexpr auto join_options(const std::array<Option, Sizes>&... tables) {
  return std::apply([](const auto&... options) { return std::array{options...}; }, std::tuple_cat(tables...));
}

// Typed reads of validated values. The host has checked names, types and ranges and filled in the defaults,
// so a failing read is a bug in the plugin: it asks for a name or type that its option table does not have.
//
// Refers to the host's memory, which is valid in the plugin's constructor only: copy what is needed later.
class Values {
 public:
  explicit Values(const twopass_values& values) : values_(values) {}

  bool boolean(std::string_view name) const { return find(name, TWOPASS_BOOLEAN).integer != 0; }
  int64_t integer(std::string_view name) const { return find(name, TWOPASS_INTEGER).integer; }
  double number(std::string_view name) const { return find(name, TWOPASS_NUMBER).number; }
  std::string text(std::string_view name) const { return find(name, TWOPASS_TEXT).text; }
  // The name chosen; compare it with the names of the option's own choices.
  std::string choice(std::string_view name) const { return find(name, TWOPASS_CHOICE).text; }
  // The position of the name chosen within `choices`, the option's own table.
  size_t choice_index(std::string_view name, std::span<const twopass_choice> choices) const {
    const std::string chosen = choice(name);
    for (size_t index = 0; index < choices.size(); ++index)
      if (chosen == choices[index].name) return index;
    throw Error("option '" + std::string(name) + "' was read with another table of choices",
                TWOPASS_INTERNAL);
  }
  // Absolute, or empty when the option was left empty.
  std::string path(std::string_view name) const { return find(name, TWOPASS_PATH).text; }
  std::vector<int64_t> integers(std::string_view name) const {
    const twopass_value& value = find(name, TWOPASS_INTEGER_LIST);
    return {value.integers, value.integers + value.count};
  }
  std::vector<double> numbers(std::string_view name) const {
    const twopass_value& value = find(name, TWOPASS_NUMBER_LIST);
    return {value.numbers, value.numbers + value.count};
  }
  std::vector<std::string> texts(std::string_view name) const {
    const twopass_value& value = find(name, TWOPASS_TEXT_LIST);
    return {value.texts, value.texts + value.count};
  }

 private:
  const twopass_value& find(std::string_view name, twopass_option_type type) const {
    for (uint32_t index = 0; index < values_.count; ++index) {
      const twopass_value& value = abi::at(values_.items, index);
      if (name != value.name) continue;
      if (value.type != static_cast<uint32_t>(type))
        throw Error(
            "the plugin reads option '" + std::string(name) +
                "' as another type than its table declares: each type has a reader of its name in Values",
            TWOPASS_INTERNAL);
      return value;
    }
    throw Error("the plugin reads option '" + std::string(name) + "', which its table does not declare",
                TWOPASS_INTERNAL);
  }

  const twopass_values& values_;
};

}  // namespace twopass
