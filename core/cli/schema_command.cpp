#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/to_stderr.hpp"
#include "pipeline/catalog.hpp"
#include "pipeline/reference.hpp"
#include "pipeline/schema.hpp"

namespace twopass::cli {
namespace {

struct SchemaArguments {
  bool markdown = false;
};

ExitCode schema(const Settings& settings, const SchemaArguments& arguments) {
  host::Registry registry = settings.registry();
  if (arguments.markdown)
    fmt::print("{}", pipeline::markdown(registry));
  else
    print_json(pipeline::schema(registry));
  for (const pipeline::Refusal& refusal : pipeline::refusals(registry))
    to_stderr("warning: left out {}: {}\n", refusal.path.string(), refusal.reason);
  return kDone;
}

}  // namespace

void add_schema(CLI::App& app, Settings& settings) {
  const auto arguments = std::make_shared<SchemaArguments>();
  CLI::App& command = add_command(app, "schema", "Print the JSON Schema of pipelines, for editors", settings,
                                  arguments, schema);
  add_plugin_path(command, settings);
  command.add_flag("--markdown", arguments->markdown, "Tables of every key instead");
}

}  // namespace twopass::cli
