#include "host/registry.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <system_error>

#include "host/compatibility.hpp"
#include "host/library.hpp"
#include "host/log.hpp"
#include "host/nearest.hpp"
#include "host/plugin_table.hpp"
#include "twopass/error.hpp"

namespace twopass::host {
namespace {

namespace fs = std::filesystem;

// Empty in a setuid program, whose environment is its caller's.
std::string environment(const char* name) {
  const char* value = secure_getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<fs::path> from_environment() {
  std::vector<fs::path> folders;
  const std::string value = environment("TWOPASS_PLUGIN_PATH");
  for (size_t first = 0; first < value.size();) {
    const size_t last = std::min(value.find(':', first), value.size());
    const fs::path folder = value.substr(first, last - first);
    first = last + 1;
    if (folder.is_absolute())
      folders.push_back(folder);
    else if (!folder.empty())
      log(TWOPASS_LOG_WARNING,
          fmt::format("TWOPASS_PLUGIN_PATH: '{}' is ignored, for it depends on the current "
                      "directory; write an absolute path",
                      folder.string()));
  }
  return folders;
}

fs::path installation_folder() {
  const fs::path prefix = installation_prefix();
  return prefix.empty() ? fs::path() : prefix / "lib/twopass/plugins";
}

// The plugin files of one folder by name; a folder that is not there has none.
std::vector<fs::path> candidates(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error))
    if (entry->path().filename().string().ends_with(kPluginSuffix)) found.push_back(entry->path());
  if (error && error != std::errc::no_such_file_or_directory)
    log(TWOPASS_LOG_WARNING,
        fmt::format("plugin folder {} cannot be read: {}", folder.string(), error.message()));
  std::ranges::sort(found);
  return found;
}

PluginFile judge(const fs::path& path, const HostTraits& host) {
  PluginFile file{path, {}, {}, {}};
  try {
    const ElfNotes notes = read_elf_notes(path);
    file.note = notes.twopass;
    file.refusal = incompatibility(path, notes, host);
  } catch (const Error& e) {
    file.refusal = e.what();
  }
  return file;
}

bool loadable(const PluginFile& file) { return file.refusal.empty() && !file.shadowed_by; }

bool is_called(const PluginFile& file, uint32_t kind, std::string_view name) {
  return file.note && file.note->kind == kind && name == file.note->name;
}

// A file that somebody who names that plugin may have meant, though it was refused.
bool is_refused(const PluginFile& file, uint32_t kind, std::string_view name) {
  return !file.refusal.empty() && (is_called(file, kind, name) || plugin_name_of(file.path) == name);
}

// Every sentence that may tell why there is no such plugin.
std::string why_missing(const Registry& registry, twopass_kind kind, std::string_view name) {
  std::string text = fmt::format("there is no {} '{}'", kind_name(kind), name);
  const std::vector<std::string> names = nearest_first(name, registry.names(kind));
  const std::string suggestion = did_you_mean(name, names);
  text += suggestion;
  if (!names.empty()) text += fmt::format(" (there are, nearest first: {})", fmt::join(names, ", "));
  bool explained = false;
  for (const PluginFile& file : registry.files()) {
    const size_t length = text.size();
    if (is_refused(file, kind, name))
      text += fmt::format("; {} was refused: {}", file.path.string(), file.refusal);
    else if (loadable(file) && name == file.note->name)
      text += fmt::format("; '{}' is a {}", name, kind_name(file.note->kind));
    explained = explained || text.size() > length;
  }
  if (!names.empty()) {
    if (suggestion.empty() && !explained)
      text += "; `twopass inspect` shows the folders that were searched, --plugin-path adds one";
    return text;
  }
  text += "; no plugin of that kind was found in:";
  for (const fs::path& folder : registry.folders()) text += fmt::format(" {}", folder.string());
  return text;
}

// Two files of one plugin are often an old and a new build, and the user may take the wrong one to be at
// work.
void warn_of_others(const Registry& registry, const PluginFile& used) {
  const std::string_view kind = kind_name(used.note->kind), name = used.note->name;
  for (const PluginFile& file : registry.files()) {
    if (file.shadowed_by == used.path)
      log(TWOPASS_LOG_WARNING, fmt::format("{} '{}': {} is used, {} later on the search path is not", kind,
                                           name, used.path.string(), file.path.string()));
    if (is_refused(file, used.note->kind, name))
      log(TWOPASS_LOG_WARNING, fmt::format("{} '{}': {} is used, {} was refused: {}", kind, name,
                                           used.path.string(), file.path.string(), file.refusal));
  }
}

}  // namespace

std::string_view kind_name(uint32_t kind) {
  switch (kind) {
    case TWOPASS_DATASET:
      return "dataset";
    case TWOPASS_PRETEXT:
      return "pretext";
    case TWOPASS_TRAINER:
      return "trainer";
    case TWOPASS_BACKEND:
      return "backend";
    default:
      return "plugin of unknown kind";
  }
}

fs::path installation_prefix() {
  std::error_code error;
  const fs::path executable = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : executable.parent_path().parent_path();
}

fs::path user_folder(const char* name) {
  // The XDG specification asks to ignore relative values.
  const fs::path data = environment("XDG_DATA_HOME");
  if (data.is_absolute()) return data / "twopass" / name;
  const fs::path home = environment("HOME");
  return home.is_absolute() ? home / ".local/share/twopass" / name : fs::path();
}

std::vector<fs::path> search_path(const std::vector<fs::path>& from_command_line) {
  std::vector<fs::path> wanted = from_command_line;
  std::ranges::copy(from_environment(), std::back_inserter(wanted));
  wanted.push_back(user_folder("plugins"));
  wanted.push_back(installation_folder());
  std::vector<fs::path> folders;
  for (const fs::path& folder : wanted) {
    if (folder.empty()) continue;
    std::error_code error;
    const fs::path absolute = fs::absolute(folder);
    const fs::path canonical = fs::weakly_canonical(absolute, error);
    const fs::path& entry = error ? absolute : canonical;
    if (std::ranges::find(folders, entry) == folders.end()) folders.push_back(entry);
  }
  return folders;
}

Registry::Registry(std::vector<fs::path> folders) : folders_(std::move(folders)) {
  const HostTraits host = this_host();
  std::map<std::pair<uint32_t, std::string>, fs::path> first;
  for (const fs::path& folder : folders_) {
    for (const fs::path& path : candidates(folder)) {
      PluginFile file = judge(fs::absolute(path), host);
      if (file.refusal.empty()) {
        const auto [earlier, is_first] = first.try_emplace({file.note->kind, file.note->name}, file.path);
        if (!is_first) file.shadowed_by = earlier->second;
      }
      files_.push_back(std::move(file));
    }
  }
}

std::vector<std::string> Registry::names(twopass_kind kind) const {
  std::set<std::string> names;
  for (const PluginFile& file : files_)
    if (loadable(file) && file.note->kind == kind) names.insert(file.note->name);
  return {names.begin(), names.end()};
}

const Plugin& Registry::load(twopass_kind kind, std::string_view name) {
  std::unique_ptr<Plugin>& plugin = loaded_[{kind, std::string(name)}];
  if (plugin) return *plugin;
  const auto file = std::ranges::find_if(files_, [&](const PluginFile& candidate) {
    return loadable(candidate) && is_called(candidate, kind, name);
  });
  if (file == files_.end()) throw Error(why_missing(*this, kind, name), TWOPASS_NOT_FOUND);
  warn_of_others(*this, *file);
  try {
    const twopass_plugin* table = load_library(file->path);
    check_plugin_table(table, *file->note);
    plugin = std::make_unique<Plugin>(Plugin{table, *file});
  } catch (const Error& e) {
    throw Error(
        fmt::format("{} '{}' cannot be used: {}: {}", kind_name(kind), name, file->path.string(), e.what()));
  }
  return *plugin;
}

}  // namespace twopass::host
