#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "host/describe.hpp"
#include "host/device.hpp"
#include "host/instance.hpp"
#include "pipeline/catalog.hpp"
#include "pipeline/data_roots.hpp"
#include "pipeline/pipeline.hpp"
#include "twopass/error.hpp"
#include "twopass/plugin.hpp"

namespace twopass::cli {
namespace {

struct Finding {
  std::string subject;
  bool good;
  std::string text;
};

Finding examine(const std::string& subject, const std::function<std::string()>& look) {
  try {
    return {subject, true, look()};
  } catch (const std::exception& e) {
    return {subject, false, e.what()};
  }
}

ExitCode doctor(const Settings& settings) {
  host::Registry registry = settings.registry();
  std::vector<Finding> findings;
  for (const pipeline::Refusal& refusal : pipeline::refusals(registry))
    findings.push_back({refusal.path.string(), false, refusal.reason});
  for (const pipeline::CatalogEntry& entry : pipeline::catalog(registry, TWOPASS_BACKEND))
    findings.push_back(examine("backend/" + entry.name, [&] {
      const host::Plugin& plugin = registry.load(TWOPASS_BACKEND, entry.name);
      const pipeline::Section section = pipeline::plugin_section(TWOPASS_BACKEND, entry.name, {}, registry);
      const host::HostDevice device(plugin, section.values.values());
      return fmt::format("{}, {}, {} threads", device.info().device, device.info().precision,
                         device.info().threads);
    }));
  for (const pipeline::CatalogEntry& entry : pipeline::catalog(registry, TWOPASS_DATASET))
    findings.push_back(examine("dataset/" + entry.name, [&] {
      const host::Plugin& plugin = registry.load(TWOPASS_DATASET, entry.name);
      const pipeline::Section section = pipeline::plugin_section(TWOPASS_DATASET, entry.name, {}, registry);
      const host::Dataset dataset(plugin, section.values.values());
      return fmt::format("{} training and {} test images", dataset.load(Split::kTrain).count,
                         dataset.load(Split::kTest).count);
    }));

  if (settings.json) {
    nlohmann::ordered_json report{{"twopass", TWOPASS_SDK_VERSION}};
    for (const Finding& finding : findings)
      report["findings"].push_back(
          {{"subject", finding.subject}, {"good", finding.good}, {"text", finding.text}});
    report["plugins"] = host::describe_plugins_json(registry)["plugins"];
    print_json(report);
    return kDone;
  }
  fmt::print("twopass {}\n\nplugins are searched in:\n", TWOPASS_SDK_VERSION);
  for (const auto& folder : registry.folders()) fmt::print("  {}\n", folder.string());
  fmt::print("data are searched in:\n");
  for (const std::string& root : pipeline::data_roots("")) fmt::print("  {}\n", root);
  fmt::print("\n");
  for (const Finding& finding : findings)
    fmt::print("{:<8} {}: {}\n", finding.good ? "ok" : "problem", finding.subject, finding.text);
  if (!std::ranges::all_of(findings, &Finding::good))
    fmt::print("\nA problem hinders only the pipelines that name that part.\n");
  return kDone;
}

}  // namespace

void add_doctor(CLI::App& app, Settings& settings) {
  CLI::App& command = add_command(app, "doctor", "Say what this installation finds and lacks", settings,
                                  [&settings] { return doctor(settings); });
  add_plugin_path(command, settings);
  add_json(command, settings);
}

}  // namespace twopass::cli
