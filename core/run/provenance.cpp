#include "run/provenance.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "host/registry.hpp"
#include "pipeline/read_file.hpp"
#include "pipeline/sha256.hpp"
#include "run/json_files.hpp"
#include "run/run_folder.hpp"
#include "twopass/plugin.hpp"

namespace twopass::run {
namespace {

using nlohmann::literals::operator""_json_pointer;

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

// A loaded library stays what it was, whatever becomes of its file.
std::string checksum(const host::Plugin& plugin) {
  static std::map<std::filesystem::path, std::string> known;
  std::string& sum = known[plugin.file.path];
  if (sum.empty()) sum = pipeline::sha256_hex(pipeline::read_file(plugin.file.path));
  return sum;
}

nlohmann::json describe_plugin(const host::Plugin& plugin) {
  return {{"name", plugin.table->name},
          {"version", plugin.table->version},
          {"file", plugin.file.path.filename().string()},
          {"toolchain", plugin.file.note->toolchain},
          {"sha256", checksum(plugin)}};
}

}  // namespace

nlohmann::json provenance(const Wiring& wiring) {
  utsname system{};
  uname(&system);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());

  nlohmann::json plugins;
  for (const host::Plugin* plugin : wiring.plugins)
    plugins[std::string(host::kind_name(plugin->table->kind))].push_back(describe_plugin(*plugin));
  const twopass_backend_info& backend = wiring.device->info();
  return {{"config_hash", wiring.pipeline.hash},
          {"twopass", TWOPASS_SDK_VERSION},
          {"started", fmt::format("{:%FT%TZ}", fmt::gmtime(now))},
          {"plugins", plugins},
          {"backend",
           {{"device", backend.device}, {"precision", backend.precision}, {"threads", backend.threads}}},
          {"machine",
           {{"cpu", cpu_name()},
            {"cores", std::thread::hardware_concurrency()},
            {"system", fmt::format("{} {} {}", system.sysname, system.release, system.machine)}}}};
}

std::string other_builds(const std::filesystem::path& run_folder, host::Registry& registry) {
  const nlohmann::json origin = read_provenance(run_folder).value_or(nlohmann::json::object());
  std::vector<std::string> others;
  for (const twopass_kind kind : host::kKinds)
    for (const nlohmann::json& then : origin.value(
             "/plugins"_json_pointer / std::string(host::kind_name(kind)), nlohmann::json::array())) {
      const auto name = entry<std::string>(then, "name", "");
      if (std::ranges::count(registry.names(kind), name) == 0) continue;  // the record is damaged, or old
      if (checksum(registry.load(kind, name)) != entry<std::string>(then, "sha256", ""))
        others.push_back(fmt::format("{} '{}'", host::kind_name(kind), name));
    }
  return fmt::format("{}", fmt::join(others, ", "));
}

}  // namespace twopass::run
