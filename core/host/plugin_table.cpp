#include "host/plugin_table.hpp"

#include <fmt/format.h>

#include <cmath>
#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "host/abi_sizes.hpp"
#include "host/compatibility.hpp"
#include "host/options.hpp"
#include "host/registry.hpp"
#include "twopass/error.hpp"

namespace twopass::host {
namespace {

bool is_empty(const char* text) { return text == nullptr || *text == '\0'; }

void require_size(std::string_view what, uint32_t size, size_t needed) {
  if (size < needed) throw Error(fmt::format("its {} has {} bytes where {} are needed", what, size, needed));
}

struct Slot {
  const char* name;
  bool filled;
};

void require_slots(std::string_view what, std::initializer_list<Slot> slots) {
  for (const Slot& slot : slots)
    if (!slot.filled) throw Error(fmt::format("its {} has no '{}'", what, slot.name));
}

// A table that ends early lacks what comes after.
template <class Api, class Function>
void require_function(const Api& api, const char* name, Function Api::*member) {
  require_slots("function table", {{name, abi::slot(api, member) != nullptr}});
}

void check_api(const twopass_dataset_api& api) {
  using Api = twopass_dataset_api;
  require_function(api, "describe", &Api::describe);
  require_function(api, "load", &Api::load);
}

void check_api(const twopass_pretext_api& api) {
  using Api = twopass_pretext_api;
  require_function(api, "negotiate", &Api::negotiate);
  require_function(api, "maps", &Api::maps);
  require_function(api, "transform", &Api::transform);
}

void check_api(const twopass_trainer_api& api) {
  using Api = twopass_trainer_api;
  require_function(api, "build", &Api::build);
  require_function(api, "initialize", &Api::initialize);
  require_function(api, "begin_epoch", &Api::begin_epoch);
  require_function(api, "step", &Api::step);
  require_function(api, "score", &Api::score);
  require_function(api, "extract", &Api::extract);
}

void check_api(const twopass_backend_api& api) {
  using Api = twopass_backend_api;
  require_function(api, "open", &Api::open);
  require_function(api, "buffer_create", &Api::buffer_create);
  require_function(api, "buffer_destroy", &Api::buffer_destroy);
  require_function(api, "upload", &Api::upload);
  require_function(api, "download", &Api::download);
  require_function(api, "compile", &Api::compile);
  require_function(api, "release", &Api::release);
  require_function(api, "run", &Api::run);
  require_function(api, "synchronize", &Api::synchronize);
}

void check_api(uint32_t kind, const void* api) {
  switch (kind) {
    case TWOPASS_DATASET:
      return check_api(*static_cast<const twopass_dataset_api*>(api));
    case TWOPASS_PRETEXT:
      return check_api(*static_cast<const twopass_pretext_api*>(api));
    case TWOPASS_TRAINER:
      return check_api(*static_cast<const twopass_trainer_api*>(api));
    case TWOPASS_BACKEND:
      return check_api(*static_cast<const twopass_backend_api*>(api));
    default:
      throw Error(fmt::format("its kind is number {}, which this host does not know", kind));
  }
}

void check_choices(const twopass_option& option) {
  if (option.choice_count == 0 || option.choices == nullptr)
    throw Error(fmt::format("its option '{}' is a choice of nothing", option.name));
  std::set<std::string_view> names;
  for (const twopass_choice& choice : std::span(option.choices, option.choice_count)) {
    if (is_empty(choice.name) || is_empty(choice.doc))
      throw Error(fmt::format("its option '{}' has a choice without a name or a doc", option.name));
    if (!names.insert(choice.name).second)
      throw Error(fmt::format("its option '{}' has the choice '{}' twice", option.name, choice.name));
  }
}

void check_range(const twopass_option& option) {
  const bool open = (option.flags & (TWOPASS_MINIMUM_EXCLUSIVE | TWOPASS_MAXIMUM_EXCLUSIVE)) != 0;
  // Also false when an end is no number.
  if (option.minimum < option.maximum || (option.minimum == option.maximum && !open)) return;
  throw Error(fmt::format("its option '{}' has an empty range: {}", option.name, expected_text(option)));
}

void check_option(const twopass_option& option) {
  if (is_empty(option.name) || !well_formed(option.name))
    throw Error(
        fmt::format("it has an option called '{}'; a name begins with a letter and has only a-z, 0-9 and _",
                    option.name == nullptr ? "" : option.name));
  if (is_empty(option.doc))
    throw Error(fmt::format("its option '{}' has no doc, the sentence that tells its users what it does",
                            option.name));
  if (option.type < TWOPASS_BOOLEAN || option.type > TWOPASS_TEXT_LIST)
    throw Error(fmt::format("its option '{}' is of type number {}, which this host does not know",
                            option.name, option.type));
  if ((option.flags & TWOPASS_ADDED_LATER) != 0 && option.default_text == nullptr)
    throw Error(fmt::format("its option '{}' was added later and yet has no default", option.name));
  if (option.type == TWOPASS_CHOICE) check_choices(option);
  if (is_numeric(option)) check_range(option);
}

void check_options(const twopass_plugin& table) {
  if (table.option_count == 0) return;
  if (table.options == nullptr)
    throw Error(fmt::format("it counts {} options but has none", table.option_count));
  require_size("option table's first row", table.options->struct_size, abi_1_0::kOption);
  std::set<std::string_view> names;
  for (const twopass_option* option : option_rows(table)) {
    check_option(*option);
    if (!names.insert(option->name).second)
      throw Error(fmt::format("it has the option '{}' twice", option->name));
  }
}

}  // namespace

void check_plugin_table(const twopass_plugin* table, const twopass_note& note) {
  if (table == nullptr) throw Error("its entry returned nothing");
  require_size("plugin table", table->struct_size, abi_1_0::kPlugin);
  require_slots("plugin table", {{"name", !is_empty(table->name)},
                                 {"version", table->version != nullptr},
                                 {"summary", table->summary != nullptr},
                                 {"create", table->create != nullptr},
                                 {"destroy", table->destroy != nullptr},
                                 {"function table", table->api != nullptr}});
  if (table->kind != note.kind || std::string_view(table->name) != note.name)
    throw Error(fmt::format("its entry says {} '{}' but its note says {} '{}'", kind_name(table->kind),
                            table->name, kind_name(note.kind), note.name));
  check_api(table->kind, table->api);
  check_options(*table);
}

}  // namespace twopass::host
