// A plugin's options: are its defaults valid, does it take what its table allows, does it read what it lists?

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "conformance/check.hpp"
#include "host/options.hpp"
#include "pipeline/option_values.hpp"
#include "pipeline/plugin_options.hpp"
#include "twopass/error.hpp"

namespace twopass::conformance {
namespace {

using pipeline::OptionValue;
using pipeline::OptionValues;

Verdict has_valid_defaults(Subject& subject) {
  return pass(fmt::format("{} options", pipeline::own_options(subject.table()).size()));
}

Verdict is_made_with_defaults(Subject& subject) {
  static_cast<void>(subject.create());
  return pass();
}

// Beyond it not every whole number is a double, which is what ranges are given in.
constexpr double kLargestWhole = 9'007'199'254'740'992;
const std::string kLongText(10'000, 'x');

// What is wrong with how create refused `values`, described by `what`; empty when nothing is, also when it
// took them.
std::string complaint(Subject& subject, const OptionValues& values, bool may_be_missing,
                      const std::string& what) {
  try {
    const host::Instance made(subject.plugin(), values.values());
    return {};
  } catch (const Error& e) {
    const bool refused = e.status() == TWOPASS_INVALID_ARGUMENT || e.status() == TWOPASS_UNSUPPORTED;
    if (!refused && !(may_be_missing && e.status() == TWOPASS_NOT_FOUND))
      return fmt::format("with {} it was not refused as an invalid option but failed with status {}: {}",
                         what, static_cast<int>(e.status()), e.what());
    const std::vector<OptionValue>& known = values.list();
    const bool named = e.option().empty() || std::ranges::any_of(known, [&](const OptionValue& value) {
                         return value.name == e.option();
                       });
    return named ? ""
                 : fmt::format("with {} it blames option '{}', which it does not have", what, e.option());
  }
}

// Ends of the range, or of the type where it is open, each choice, both booleans, the empty list, texts that
// are empty, long or of other letters, and a path where nothing is: what the host would let through.
std::vector<OptionValue> extremes(const twopass_option& option, const OptionValue& usual) {
  std::vector<OptionValue> found;
  const auto add = [&](const auto& change) {
    OptionValue value = usual;
    change(value);
    found.push_back(std::move(value));
  };
  const bool is_integer = option.type == TWOPASS_INTEGER || option.type == TWOPASS_INTEGER_LIST;
  const auto add_number = [&](double number, bool exclusive, double inwards) {
    const bool open = !std::isfinite(number) || (is_integer && std::abs(number) > kLargestWhole);
    if (open)
      number = -inwards * (is_integer ? kLargestWhole : std::numeric_limits<double>::max());
    else if (exclusive)
      number = is_integer ? number + inwards : std::nextafter(number, inwards * HUGE_VAL);
    add([&](OptionValue& value) {
      const auto integer = static_cast<int64_t>(number);
      if (option.type == TWOPASS_INTEGER) value.integer = integer;
      if (option.type == TWOPASS_NUMBER) value.number = number;
      if (option.type == TWOPASS_INTEGER_LIST) value.integers = {integer};
      if (option.type == TWOPASS_NUMBER_LIST) value.numbers = {number};
    });
  };
  if (host::is_numeric(option)) {
    add_number(option.minimum, (option.flags & TWOPASS_MINIMUM_EXCLUSIVE) != 0, 1);
    add_number(option.maximum, (option.flags & TWOPASS_MAXIMUM_EXCLUSIVE) != 0, -1);
  }
  if (host::is_list(option))
    add([](OptionValue& value) {
      value.integers.clear();
      value.numbers.clear();
      value.texts.clear();
    });
  for (const char* text : {"", "/nowhere/to be/found", kLongText.c_str(), "\xC3\xA4\xE4\xB8\xAD\n\t\"'"}) {
    if (option.type == TWOPASS_TEXT) add([&](OptionValue& value) { value.text = text; });
    if (option.type == TWOPASS_TEXT_LIST) add([&](OptionValue& value) { value.texts = {text}; });
    const bool is_path = *text == '\0' || *text == '/';  // the host makes every other absolute
    if (option.type == TWOPASS_PATH && is_path) add([&](OptionValue& value) { value.text = text; });
  }
  if (option.type == TWOPASS_BOOLEAN) add([](OptionValue& value) { value.integer = 1 - value.integer; });
  for (uint32_t index = 0; option.type == TWOPASS_CHOICE && index < option.choice_count; ++index)
    add([&](OptionValue& value) { value.text = option.choices[index].name; });
  return found;
}

Verdict takes_what_its_table_allows(Subject& subject) {
  const std::vector<OptionValue> usual = subject.values().list();
  size_t tried = 0;
  for (const twopass_option* option : host::option_rows(subject.table())) {
    const auto place = std::ranges::find(usual, std::string(option->name), &OptionValue::name);
    if (place == usual.end()) continue;
    for (const OptionValue& extreme : extremes(*option, *place)) {
      std::vector<OptionValue> values = usual;
      values[static_cast<size_t>(place - usual.begin())] = extreme;
      const std::string what = fmt::format("{} = {:.60}", option->name, pipeline::to_yaml(extreme));
      const std::string wrong = complaint(subject, OptionValues(values), option->type == TWOPASS_PATH, what);
      if (!wrong.empty()) return fail(wrong);
      ++tried;
    }
  }
  return pass(fmt::format("{} values tried", tried));
}

// An option that is read is missed when it comes as another type: the SDK's reads look at the type.
Verdict reads_its_options(Subject& subject) {
  std::string unread;
  for (const twopass_option* option : host::option_rows(subject.table())) {
    twopass_values values = subject.values().values();
    std::vector<twopass_value> items;
    for (uint32_t index = 0; index < values.count; ++index) {
      items.push_back(abi::at(values.items, index));
      if (items.back().name == std::string_view(option->name)) items.back().type = 0;
    }
    values.items = items.data();
    try {
      const host::Instance made(subject.plugin(), values);
      unread += (unread.empty() ? "'" : ", '") + std::string(option->name) + "'";
    } catch (const Error&) {  // it was read
    }
  }
  return unread.empty() ? pass() : warn("it seems never to read its option " + unread);
}

}  // namespace

std::vector<Check> option_checks() {
  return {
      {"options.defaults", "every default is a valid value, and no name is the host's", has_valid_defaults,
       true},
      {"options.made", "it can be made with its defaults", is_made_with_defaults, true},
      {"options.extremes", "it takes, or refuses in words, whatever its table allows",
       takes_what_its_table_allows},
      {"options.read", "it reads every option of its table", reads_its_options},
  };
}

}  // namespace twopass::conformance
