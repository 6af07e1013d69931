#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "twopass/abi.h"
#include "twopass/option.hpp"

namespace twopass::pipeline {

// One validated value; which field holds it follows from the type.
struct OptionValue {
  std::string name{};
  twopass_option_type type = TWOPASS_TEXT;
  int64_t integer = 0;  // of a boolean: 0 or 1
  double number = 0;
  std::string text{};  // of a text, choice or path (absolute, or empty)
  std::vector<int64_t> integers{};
  std::vector<double> numbers{};
  std::vector<std::string> texts{};
  bool in_hash = true;  // false: Option::added_later, and at its default
};

// The value as YAML: 60, 1e-4, layer_norm, [2000, 2000], "a text: with a colon".
std::string to_yaml(const OptionValue& value);

// The validated values of one section, defaults filled in, as plugins receive them. Copies share their
// storage, which never changes and whose addresses stay valid as long as any copy does.
class OptionValues {
 public:
  OptionValues() : OptionValues(std::vector<OptionValue>{}) {}
  explicit OptionValues(std::vector<OptionValue> values);

  const twopass_values& values() const { return storage_->values; }
  twopass::Values typed() const { return twopass::Values(values()); }
  // In the order of the option table.
  const std::vector<OptionValue>& list() const { return storage_->owned; }

 private:
  struct Storage {
    std::vector<OptionValue> owned;
    std::vector<std::vector<const char*>> texts;
    std::vector<twopass_value> items;
    twopass_values values{};
  };
  std::shared_ptr<const Storage> storage_;
};

}  // namespace twopass::pipeline
