#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "pipeline/reference.hpp"
#include "pipeline/schema.hpp"

namespace twopass::cli {
namespace {

ExitCode schema(const Settings& settings, bool markdown) {
  host::Registry registry = settings.registry();
  if (markdown)
    fmt::print("{}", pipeline::markdown(registry));
  else
    fmt::print("{}\n", pipeline::schema(registry).dump(2));
  return kDone;
}

}  // namespace

void add_schema(CLI::App& app, Settings& settings) {
  const auto markdown = std::make_shared<bool>(false);
  CLI::App& command = add_command(app, "schema", "Print the JSON Schema of pipelines, for editors", settings,
                                  [=, &settings] { return schema(settings, *markdown); });
  add_plugin_path(command, settings);
  command.add_flag("--markdown", *markdown, "Tables of every key instead");
}

}  // namespace twopass::cli
