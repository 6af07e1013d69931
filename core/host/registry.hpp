#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "twopass/abi.h"

namespace twopass::host {

// Every kind of plugin, in the order in which people are shown them.
inline constexpr std::array kKinds{TWOPASS_DATASET, TWOPASS_PRETEXT, TWOPASS_TRAINER, TWOPASS_BACKEND};

// "dataset", "pretext", "trainer", "backend".
std::string_view kind_name(uint32_t kind);

// One `*.twopass.so` found on the search path, as far as it can be judged without running any of its code.
struct PluginFile {
  std::filesystem::path path;
  std::optional<twopass_note> note;  // absent when the file is no plugin at all
  std::string refusal;               // why it cannot be loaded, as a sentence; empty when it can
  std::optional<std::filesystem::path>
      shadowed_by;  // a file of the same kind and name, earlier on the search path
};

// A loaded plugin; lives until the process ends, because libraries are never unloaded.
struct Plugin {
  const twopass_plugin* table = nullptr;
  PluginFile file;
};

// PREFIX of the running PREFIX/bin/twopass; empty when that cannot be known.
std::filesystem::path installation_prefix();

// $XDG_DATA_HOME/twopass/NAME or ~/.local/share/twopass/NAME, where the user's own files of twopass lie;
// empty when neither variable says where the user lives. May not exist.
std::filesystem::path user_folder(const char* name);

// The folders that are searched, best first: `--plugin-path` folders, TWOPASS_PLUGIN_PATH, the user's data
// folder, the installation (relative to the running executable). Never the current directory.
std::vector<std::filesystem::path> search_path(const std::vector<std::filesystem::path>& from_command_line);

// Which plugins there are. Building one reads ELF notes only; nothing is loaded before it is asked for.
class Registry {
 public:
  explicit Registry(std::vector<std::filesystem::path> folders);

  const std::vector<std::filesystem::path>& folders() const { return folders_; }
  // Every candidate file, accepted or refused, in search order and by name within a folder.
  const std::vector<PluginFile>& files() const { return files_; }
  // Names of the loadable plugins of one kind, sorted.
  std::vector<std::string> names(twopass_kind kind) const;

  // Loads the plugin on first use. Throws Error: TWOPASS_NOT_FOUND when there is none of that name (the text
  // lists what there is, the nearest name first, and why a file of that name was refused),
  // TWOPASS_INVALID_ARGUMENT when its file cannot be loaded or what it declares is not sound.
  const Plugin& load(twopass_kind kind, std::string_view name);

 private:
  std::vector<std::filesystem::path> folders_;
  std::vector<PluginFile> files_;
  std::map<std::pair<uint32_t, std::string>, std::unique_ptr<Plugin>> loaded_;
};

}  // namespace twopass::host
