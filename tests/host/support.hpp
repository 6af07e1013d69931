#pragma once

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "host/log.hpp"
#include "host/registry.hpp"
#include "support/error_of.hpp"
#include "support/temp_folder.hpp"

namespace twopass::host {

using test::content_of;
using test::error_of;
using test::TempFolder;

// The plugins that are built for these tests.
inline const std::filesystem::path kTestPlugins = TEST_PLUGINS;

inline std::filesystem::path test_plugin(const std::string& name) {
  return kTestPlugins / (name + ".twopass.so");
}

// Sets a variable for a scope; nullptr removes it.
class EnvironmentVariable {
 public:
  EnvironmentVariable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = {true, before};
    set(value);
  }
  EnvironmentVariable(const EnvironmentVariable&) = delete;
  EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;
  ~EnvironmentVariable() { set(before_.first ? before_.second.c_str() : nullptr); }

 private:
  void set(const char* value) const { value == nullptr ? unsetenv(name_) : setenv(name_, value, 1); }

  const char* name_;
  std::pair<bool, std::string> before_;
};

// Collects what is logged during a scope.
class LogCapture {
 public:
  LogCapture() {
    texts().clear();
    set_log_sink([](uint32_t, const std::string& text) { texts().push_back(text); });
  }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;
  ~LogCapture() { set_log_sink(nullptr); }

  static std::vector<std::string>& texts() {
    static std::vector<std::string> collected;
    return collected;
  }
};

// Validated values as the pipeline would hand them to a plugin: choices and one empty list of roots.
class Choices {
 public:
  explicit Choices(std::map<std::string, std::string> choices = {}) : choices_(std::move(choices)) {
    for (const auto& [name, chosen] : choices_) add(TWOPASS_CHOICE, name.c_str(), chosen.c_str());
    add(TWOPASS_TEXT_LIST, "roots", nullptr);
    values_ = {sizeof values_, static_cast<uint32_t>(items_.size()), items_.data()};
  }
  Choices(const Choices&) = delete;
  Choices& operator=(const Choices&) = delete;

  const twopass_values& abi() const { return values_; }

 private:
  void add(twopass_option_type type, const char* name, const char* chosen) {
    twopass_value value{};
    value.struct_size = sizeof value;
    value.type = type;
    value.name = name;
    value.text = chosen;
    items_.push_back(value);
  }

  std::map<std::string, std::string> choices_;
  std::vector<twopass_value> items_;
  twopass_values values_{};
};

}  // namespace twopass::host
