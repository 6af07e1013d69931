#pragma once

#include <string>
#include <vector>

#include "host/registry.hpp"
#include "pipeline/pipeline.hpp"

// Reads of texts with the plugins of this folder.
namespace pipelines {

// The least that is valid.
inline const std::string kLeast = R"(name: first
dataset: shapes
pretext: turn
trainer: local
)";

inline twopass::host::Registry& registry() {
  static twopass::host::Registry instance({TEST_PLUGINS});
  return instance;
}

inline twopass::pipeline::Pipeline parse(const std::string& text,
                                         const std::vector<std::string>& overrides = {}) {
  return twopass::pipeline::parse(text, "x.yaml", overrides, registry());
}

// Without the plugins' folder in the advice how to inspect one.
inline std::string without_plugin_path(std::string text) {
  const std::string advice = " --plugin-path " + std::filesystem::canonical(TEST_PLUGINS).string();
  for (size_t at = text.find(advice); at != std::string::npos; at = text.find(advice))
    text.erase(at, advice.size());
  return text;
}

// All that is printed when the text is refused; empty when it is not.
inline std::string errors(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    parse(text, overrides);
    return "";
  } catch (const twopass::pipeline::InvalidPipeline& error) {
    return without_plugin_path(error.what());
  }
}

}  // namespace pipelines
