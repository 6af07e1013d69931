// A plugin's options: are its defaults valid, does it take what its table allows, does it read what it lists?

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>

#include "conformance/check.hpp"
#include "host/options.hpp"
#include "pipeline/option_values.hpp"
#include "pipeline/plugin_options.hpp"
#include "twopass/error.hpp"
#include "twopass/plugin.hpp"

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

// What is wrong with how create refused `changed`, one value among `values`; empty when nothing is, also when
// it took them.
std::string complaint(Subject& subject, const OptionValues& values, const OptionValue& changed) {
  constexpr size_t kShown = 60;
  std::string what = fmt::format("with {} = {}", changed.name, pipeline::to_yaml(changed));
  if (what.size() > kShown) what = what.substr(0, kShown) + "...";
  const twopass_host host{sizeof host, TWOPASS_ABI_MINOR, nullptr, [](void*, uint32_t, const char*) {}};
  twopass_error error{};
  error.struct_size = sizeof error;
  void* self = nullptr;
  const int32_t status = subject.table().create(&host, &values.values(), &self, &error);
  if (status == TWOPASS_OK) {
    subject.table().destroy(self);
    return {};
  }
  error.text[sizeof error.text - 1] = error.option[sizeof error.option - 1] = '\0';
  if (error.text[0] == '\0')
    return fmt::format("{} it was refused, with status {}, in no word", what, status_name(status));
  const bool no_such_file = changed.type == TWOPASS_PATH && status == TWOPASS_NOT_FOUND;
  if (status != TWOPASS_INVALID_ARGUMENT && status != TWOPASS_UNSUPPORTED && !no_such_file)
    return fmt::format("{} it was not refused as an invalid option but failed with status {}: {}", what,
                       status_name(status), error.text);
  const std::string_view blamed = error.option;
  const bool known = blamed.empty() || std::ranges::any_of(values.list(), [&](const OptionValue& value) {
                       return value.name == blamed;
                     });
  return known ? "" : fmt::format("{} it blames option '{}', which it does not have", what, blamed);
}

// The end of a range; of one that is open, the end of the type.
int64_t integer_end(double bound, bool exclusive, int64_t inwards) {
  if (bound <= -0x1p63) return std::numeric_limits<int64_t>::min();
  if (bound >= 0x1p63) return std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(bound) + (exclusive ? inwards : 0);
}
double number_end(double bound, bool exclusive, double inwards) {
  if (!std::isfinite(bound)) return std::copysign(std::numeric_limits<double>::max(), bound);
  return exclusive ? std::nextafter(bound, inwards * HUGE_VAL) : bound;
}

// Ends of the range, each choice, both booleans, the empty list, texts of no length and of a great one, paths
// that lead nowhere: what the host would let through.
std::vector<OptionValue> extremes(const twopass_option& option, const OptionValue& usual) {
  std::vector<OptionValue> found;
  const auto add = [&](const auto& change) {
    OptionValue value = usual;
    change(value);
    found.push_back(std::move(value));
  };
  const auto add_end = [&](double bound, uint32_t flag, int inwards) {
    const bool exclusive = (option.flags & flag) != 0;
    add([&](OptionValue& value) {
      if (option.type == TWOPASS_INTEGER) value.integer = integer_end(bound, exclusive, inwards);
      if (option.type == TWOPASS_NUMBER) value.number = number_end(bound, exclusive, inwards);
      if (option.type == TWOPASS_INTEGER_LIST) value.integers = {integer_end(bound, exclusive, inwards)};
      if (option.type == TWOPASS_NUMBER_LIST) value.numbers = {number_end(bound, exclusive, inwards)};
    });
  };
  if (host::is_numeric(option)) {
    add_end(option.minimum, TWOPASS_MINIMUM_EXCLUSIVE, 1);
    add_end(option.maximum, TWOPASS_MAXIMUM_EXCLUSIVE, -1);
  }
  if (host::is_list(option))
    add([](OptionValue& value) {
      value.integers.clear();
      value.numbers.clear();
      value.texts.clear();
    });
  const std::string long_text(100'000, 'x');
  if (option.type == TWOPASS_TEXT || option.type == TWOPASS_TEXT_LIST)
    for (const std::string& text : {std::string(), long_text})
      add([&](OptionValue& value) {
        (option.type == TWOPASS_TEXT ? value.text : value.texts.emplace_back()) = text;
      });
  if (option.type == TWOPASS_PATH)
    for (const std::string& path : {std::string(), std::string("/no/such/file"), "/" + long_text})
      add([&](OptionValue& value) { value.text = path; });
  if (option.type == TWOPASS_BOOLEAN) add([](OptionValue& value) { value.integer = 1 - value.integer; });
  if (option.type == TWOPASS_CHOICE)
    for (const std::string& name : host::choice_names(option))
      add([&](OptionValue& value) { value.text = name; });
  return found;
}

// Lets the process have 1 GiB more than it has now: a plugin that takes memory by the size of an option must
// not take the machine's. Not with sanitizers, which reserve terabytes.
class LimitedMemory {
 public:
  LimitedMemory() {
    getrlimit(RLIMIT_AS, &before_);
    uint64_t pages = 0;
    if (abi::sanitizer_flags() != 0 || !(std::ifstream("/proc/self/statm") >> pages)) return;
    rlimit limit = before_;
    limit.rlim_cur = std::min<rlim_t>(before_.rlim_cur, pages * sysconf(_SC_PAGESIZE) + (rlim_t{1} << 30));
    setrlimit(RLIMIT_AS, &limit);
  }
  LimitedMemory(const LimitedMemory&) = delete;
  LimitedMemory& operator=(const LimitedMemory&) = delete;
  ~LimitedMemory() { setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_{};
};

Verdict takes_what_its_table_allows(Subject& subject) {
  const std::vector<OptionValue> usual = subject.values().list();
  const LimitedMemory limited;
  size_t tried = 0;
  for (const twopass_option* option : host::option_rows(subject.table())) {
    const auto place = std::ranges::find(usual, std::string(option->name), &OptionValue::name);
    if (place == usual.end()) continue;
    for (const OptionValue& extreme : extremes(*option, *place)) {
      std::vector<OptionValue> values = usual;
      values[static_cast<size_t>(place - usual.begin())] = extreme;
      const std::string wrong = complaint(subject, OptionValues(values), extreme);
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
