#include "pipeline/reference.hpp"

#include <span>
#include <string_view>
#include <vector>

#include "host/options.hpp"
#include "pipeline/catalog.hpp"
#include "pipeline/option_check.hpp"
#include "pipeline/plugin_options.hpp"
#include "pipeline/sections.hpp"

namespace twopass::pipeline {
namespace {

// A bar would end the table's cell.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char byte : text) escaped += byte == '|' ? std::string("\\|") : std::string(1, byte);
  return escaped;
}

std::string type_text(const twopass_option& option) {
  const std::string range = host::range_text(option);
  return range.empty() ? host::type_name(option) : host::type_name(option) + " " + range;
}

std::string meaning(const twopass_option& option) {
  std::string text = cell(option.doc);
  if (option.unit != nullptr) text += " In " + cell(option.unit) + ".";
  for (const twopass_choice& choice : std::span(option.choices, option.choice_count))
    text += "<br>`" + cell(choice.name) + "`: " + cell(choice.doc);
  return text;
}

std::string table(const std::vector<const twopass_option*>& options) {
  std::string text = "| key | type | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const twopass_option* option : options) {
    const std::string value =
        option->default_text == nullptr ? "required" : "`" + cell(to_yaml(default_value(*option))) + "`";
    text += "| `" + cell(option->name) + "` | " + type_text(*option) + " | " + value + " | " +
            meaning(*option) + " |\n";
  }
  return text;
}

std::string heading(std::string_view title, std::string_view introduction) {
  return "\n## " + std::string(title) + "\n\n" + std::string(introduction) + "\n";
}

// The common options of a kind, then those of each of its plugins.
std::string plugin_section(host::Registry& registry, twopass_kind kind, std::string_view introduction) {
  const std::string name(host::kind_name(kind));
  std::string text = heading(name, introduction);
  const std::span<const Option> common = common_options(kind);
  if (!common.empty()) text += "\n" + table(common_rows(common));
  for (const CatalogEntry& plugin : catalog(registry, kind)) {
    text += "\n### " + name + ": " + plugin.name + "\n\n" + plugin.summary + "\n";
    if (!plugin.options.empty()) text += "\n" + table(plugin.options);
  }
  return text;
}

}  // namespace

std::string markdown(host::Registry& registry) {
  return table(common_rows(kPipelineOptions)) +
         plugin_section(registry, TWOPASS_DATASET, "Required. The images.") +
         plugin_section(registry, TWOPASS_PRETEXT,
                        "Required. The task whose labels come from the images themselves.") +
         heading("network", "The same network for every trainer.") + "\n" +
         table(common_rows(kNetworkOptions)) +
         plugin_section(registry, TWOPASS_TRAINER, "Required. The learning rule.") +
         plugin_section(
             registry, TWOPASS_BACKEND,
             "Where the numbers are computed; `" + std::string(kDefaultBackend) + "` if left out.") +
         heading("transfer",
                 "The linear probe on frozen features. `dataset`, written as the section above, gives it "
                 "another dataset of the same image shape.") +
         "\n" + table(common_rows(kTransferOptions));
}

}  // namespace twopass::pipeline
