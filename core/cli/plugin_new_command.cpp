#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <string_view>
#include <system_error>

#include "cli/commands.hpp"
#include "host/compatibility.hpp"
#include "pipeline/read_file.hpp"
#include "run/files.hpp"
#include "twopass/error.hpp"

namespace twopass::cli {
namespace {

namespace fs = std::filesystem;

struct NewArguments {
  std::string kind, name;
  fs::path folder;  // empty: one of the plugin's name
};

// The templates are sources that compile as they are; these words in them are replaced.
constexpr std::string_view kName = "my_plugin", kClass = "MyPlugin", kKind = "MY_KIND", kPrefix = "MY_PREFIX";

// Names that CMake keeps for itself; a plugin's target has the plugin's name.
constexpr std::array<std::string_view, 10> kTargets{
    "all",     "clean",          "edit_cache", "help",          "install",
    "package", "package_source", "preinstall", "rebuild_cache", "test"};

std::string class_name(std::string_view name) {
  std::string result;
  bool begins = true;
  for (const char letter : name) {
    if (letter != '_') result += begins ? static_cast<char>(std::toupper(letter)) : letter;
    begins = letter == '_';
  }
  return result;
}

void replace(std::string& text, std::string_view word, std::string_view by) {
  for (size_t place = text.find(word); place != std::string::npos; place = text.find(word, place + by.size()))
    text.replace(place, word.size(), by);
}

void check_name(const std::string& name) {
  constexpr size_t kLongest = sizeof(twopass_note::name) - 1;
  if (!host::well_formed(name) || name.size() > kLongest)
    throw Error(
        fmt::format("'{}' is no name for a plugin: it begins with a letter, has only a-z, 0-9 and _, "
                    "and is at most {} characters long",
                    name, kLongest));
  if (std::ranges::find(kTargets, name) != kTargets.end())
    throw Error(fmt::format(
        "'{}' is a target that every CMake project has; choose another name for the plugin", name));
}

// As a shell takes for one word.
std::string shell_word(const fs::path& path) {
  const std::string text = path.string();
  const auto is_plain = [](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || std::strchr("/._-+", letter) != nullptr;
  };
  if (std::ranges::all_of(text, is_plain)) return text;
  std::string quoted = text;
  replace(quoted, "'", "'\\''");
  return "'" + quoted + "'";
}

// Writes a project of its own that builds a plugin. Refuses a folder that is there.
ExitCode plugin_new(const Settings& settings, const NewArguments& arguments) {
  const std::string& name = arguments.name;
  check_name(name);
  const host::Registry registry = settings.registry();
  for (const host::PluginFile& file : registry.files())
    if (file.note && arguments.kind == host::kind_name(file.note->kind) && name == file.note->name)
      throw Error(fmt::format("there is a {} '{}' already, {}; choose another name", arguments.kind, name,
                              file.path.string()));

  const fs::path prefix = host::installation_prefix();
  const fs::path templates = prefix / "share/twopass/templates";
  if (!fs::is_directory(templates / arguments.kind))
    throw Error(fmt::format("the templates are not in {}; install twopass again", templates.string()),
                TWOPASS_NOT_FOUND);
  const fs::path folder = arguments.folder.empty() ? fs::path(name) : arguments.folder;
  if (fs::exists(fs::symlink_status(folder)))
    throw Error(fmt::format("{} is there already; name a new folder with --dir", folder.string()));
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure)
    throw Error(fmt::format("{} cannot be made: {}", folder.string(), failure.message()), TWOPASS_IO);

  for (const fs::path& part : {templates / "common", templates / arguments.kind})
    for (const auto& entry : fs::directory_iterator(part)) {
      std::string file = entry.path().filename().string();
      std::string text = pipeline::read_file(entry.path());
      replace(file, kName, name);
      replace(text, kClass, class_name(name));
      replace(text, kName, name);
      replace(text, kKind, arguments.kind);
      replace(text, kPrefix, shell_word(prefix));
      run::write_atomically(folder / file, text);
    }
  fmt::print(
      "{0}: a {1} to begin with. Build, test and run it:\n"
      "  cd {3}\n"
      "  cmake -S . -B build -D CMAKE_PREFIX_PATH={2}\n"
      "  cmake --build build\n"
      "  ctest --test-dir build --output-on-failure\n"
      "  twopass run pipeline.yaml --plugin-path build\n",
      folder.string(), arguments.kind, shell_word(prefix), shell_word(folder));
  return kDone;
}

}  // namespace

void add_plugin_new(CLI::App& plugin, Settings& settings) {
  const auto arguments = std::make_shared<NewArguments>();
  CLI::App& command = add_command(plugin, "new", "Write a project that builds a plugin, to begin with",
                                  settings, arguments, plugin_new);
  add_plugin_path(command, settings);
  command.add_option("kind", arguments->kind, "dataset, pretext, trainer or backend")
      ->required()
      ->check(CLI::IsMember({"dataset", "pretext", "trainer", "backend"}));
  command.add_option("name", arguments->name, "The plugin's name: a-z, 0-9 and _")->required();
  command.add_option("--dir", arguments->folder, "The project's folder (default: ./NAME)");
}

}  // namespace twopass::cli
