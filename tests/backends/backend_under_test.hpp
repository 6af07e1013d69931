#pragma once

// A backend plugin as the real host loads and wraps it.

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "host/device.hpp"
#include "host/registry.hpp"
#include "pipeline/pipeline.hpp"

namespace twopass::test {

using Settings = std::vector<std::string>;  // "threads=2"

// The plugins built beside the tests or, on a machine to which these were copied, installed beside them.
inline host::Registry& plugins() {
  static host::Registry registry(host::search_path({TEST_PLUGINS}));
  return registry;
}

// Throws Error with TWOPASS_UNAVAILABLE when there is no device for it. Other errors are failures: the
// backends are built with the tests.
inline std::unique_ptr<host::HostDevice> open_backend(const std::string& name, const Settings& settings = {},
                                                      host::Registry& registry = plugins()) {
  const pipeline::Section section = pipeline::plugin_section(TWOPASS_BACKEND, name, settings, registry);
  return std::make_unique<host::HostDevice>(registry.load(TWOPASS_BACKEND, name), section.values.values());
}

// What every test of all backends runs on.
struct Candidate {
  std::string label, backend;
  Settings settings;
};

inline void PrintTo(const Candidate& candidate, std::ostream* out) { *out << candidate.label; }

inline std::vector<Candidate> candidates() {
  std::vector<Candidate> all{
      {"blas", "blas", {"threads=2"}},
      {"onednn_float32", "onednn", {"threads=2"}},
      {"onednn_bfloat16", "onednn", {"threads=2", "precision=bfloat16"}},
  };
  const std::vector<std::string> built = plugins().names(TWOPASS_BACKEND);
  if (std::ranges::find(built, "cuda") != built.end()) {
    all.push_back({"cuda_float32", "cuda", {}});
    all.push_back({"cuda_bfloat16", "cuda", {"precision=bfloat16"}});
    all.push_back({"cuda_tf32_step_by_step", "cuda", {"tf32=true", "graph=false"}});
  }
  return all;
}

}  // namespace twopass::test
