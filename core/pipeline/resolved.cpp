#include "pipeline/resolved.hpp"

#include <string_view>

#include "pipeline/sections.hpp"
#include "pipeline/sha256.hpp"
#include "twopass/error.hpp"

namespace twopass::pipeline {
namespace {

enum class Part { kAll, kIdentity };

bool is_written(Part part, twopass_kind kind, const OptionValue& value) {
  if (value.name == kRoots) return false;
  if (part == Part::kAll) return true;
  if (kind == TWOPASS_DATASET) return value.type != TWOPASS_PATH;
  if (kind == TWOPASS_BACKEND) return value.name != "threads" && value.name != "device";
  return true;
}

class Writer {
 public:
  explicit Writer(Part part) : part_(part) {}

  std::string write(const Pipeline& pipeline) {
    if (part_ == Part::kAll) line("", "name", to_yaml({.name = "name", .text = pipeline.name}));
    line("", "seed", std::to_string(pipeline.seed));
    section("", "dataset", TWOPASS_DATASET, pipeline.dataset);
    section("", "pretext", TWOPASS_PRETEXT, pipeline.pretext);
    header("network");
    options("  ", {}, pipeline.network);
    section("", "trainer", TWOPASS_TRAINER, pipeline.trainer);
    section("", "backend", TWOPASS_BACKEND, pipeline.backend);
    header("transfer");
    if (pipeline.transfer_dataset) section("  ", "dataset", TWOPASS_DATASET, *pipeline.transfer_dataset);
    options("  ", {}, pipeline.transfer);
    return std::move(yaml_);
  }

 private:
  void header(const std::string& name) { yaml_ += name + ":\n"; }
  void line(const std::string& indent, const std::string& key, const std::string& value) {
    yaml_ += indent + key + ": " + value + "\n";
  }
  void section(const std::string& indent, const std::string& name, twopass_kind kind,
               const Section& section) {
    header(indent + name);
    line(indent + "  ", kPluginKey, to_yaml({.name = kPluginKey, .text = section.plugin}));
    options(indent + "  ", kind, section.values);
  }
  void options(const std::string& indent, twopass_kind kind, const OptionValues& values) {
    for (const OptionValue& value : values.list())
      if (is_written(part_, kind, value)) line(indent, value.name, to_yaml(value));
  }

  Part part_;
  std::string yaml_;
};

}  // namespace

std::string resolve(const Pipeline& pipeline) { return Writer(Part::kAll).write(pipeline); }

std::string identity_hash(const Pipeline& pipeline) {
  return sha256_hex(Writer(Part::kIdentity).write(pipeline));
}

}  // namespace twopass::pipeline
