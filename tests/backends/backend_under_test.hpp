#pragma once

// A backend plugin as the real host loads and wraps it.

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "host/device.hpp"
#include "host/options.hpp"
#include "host/registry.hpp"

namespace twopass::test {

using Settings = std::map<std::string, std::string>;

// What the pipeline would hand to a plugin: its defaults and, by name, other values. Covers what backends
// have: booleans, integers, numbers, texts and choices.
class PluginValues {
 public:
  PluginValues(const twopass_plugin& plugin, const Settings& settings) {
    for (const twopass_option* option : host::option_rows(plugin)) {
      const auto chosen = settings.find(option->name);
      const std::string& text =
          texts_.emplace_back(chosen == settings.end() ? option->default_text : chosen->second);
      twopass_value value{};
      value.struct_size = sizeof value;
      value.type = option->type;
      value.name = option->name;
      value.text = text.c_str();
      if (option->type == TWOPASS_INTEGER) value.integer = std::stoll(text);
      if (option->type == TWOPASS_BOOLEAN) value.integer = text == "true" ? 1 : 0;
      if (option->type == TWOPASS_NUMBER) value.number = std::stod(text);
      items_.push_back(value);
    }
  }
  twopass_values abi() const {
    return {sizeof(twopass_values), static_cast<uint32_t>(items_.size()), items_.data()};
  }

 private:
  std::deque<std::string> texts_;
  std::vector<twopass_value> items_;
};

// The plugins built beside the tests.
inline host::Registry& plugins() {
  static host::Registry registry({TEST_PLUGINS});
  return registry;
}

// Throws Error with TWOPASS_UNAVAILABLE when there is no device for it. Other errors are failures: the
// backends are built with the tests.
inline std::unique_ptr<host::HostDevice> open_backend(const std::string& name, const Settings& settings = {},
                                                      host::Registry& registry = plugins()) {
  const host::Plugin& plugin = registry.load(TWOPASS_BACKEND, name);
  return std::make_unique<host::HostDevice>(plugin, PluginValues(*plugin.table, settings).abi());
}

// What every test of all backends runs on.
struct Candidate {
  std::string label, backend;
  Settings settings;
};

inline void PrintTo(const Candidate& candidate, std::ostream* out) { *out << candidate.label; }

inline std::vector<Candidate> candidates() {
  std::vector<Candidate> all{
      {"blas", "blas", {{"threads", "2"}}},
      {"onednn_float32", "onednn", {{"threads", "2"}}},
      {"onednn_bfloat16", "onednn", {{"threads", "2"}, {"precision", "bfloat16"}}},
  };
  const std::vector<std::string> built = plugins().names(TWOPASS_BACKEND);
  if (std::ranges::find(built, "cuda") != built.end()) {
    all.push_back({"cuda_float32", "cuda", {}});
    all.push_back({"cuda_bfloat16", "cuda", {{"precision", "bfloat16"}}});
    all.push_back({"cuda_tf32_step_by_step", "cuda", {{"tf32", "true"}, {"graph", "false"}}});
  }
  return all;
}

}  // namespace twopass::test
