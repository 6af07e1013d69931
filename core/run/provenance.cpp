#include "run/provenance.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "host/registry.hpp"
#include "pipeline/sha256.hpp"
#include "run/files.hpp"
#include "twopass/plugin.hpp"

namespace twopass::run {
namespace {

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

nlohmann::json describe_plugin(const host::Plugin& plugin) {
  return {{"name", plugin.table->name},
          {"version", plugin.table->version},
          {"file", plugin.file.path.filename().string()},
          {"toolchain", plugin.file.note ? plugin.file.note->toolchain : ""},
          {"sha256", pipeline::sha256_hex(read_file(plugin.file.path))}};
}

}  // namespace

nlohmann::json provenance(const Wiring& wiring) {
  utsname system{};
  uname(&system);
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  char time[32];
  std::strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%SZ", &utc);

  nlohmann::json plugins;
  for (const host::Plugin* plugin : wiring.plugins)
    plugins[std::string(host::kind_name(plugin->table->kind))].push_back(describe_plugin(*plugin));
  const twopass_backend_info& backend = wiring.device->info();
  return {{"config_hash", wiring.pipeline.hash},
          {"twopass", TWOPASS_SDK_VERSION},
          {"started", time},
          {"plugins", plugins},
          {"backend",
           {{"device", backend.device}, {"precision", backend.precision}, {"threads", backend.threads}}},
          {"machine",
           {{"cpu", cpu_name()},
            {"cores", std::thread::hardware_concurrency()},
            {"system", fmt::format("{} {} {}", system.sysname, system.release, system.machine)}}}};
}

}  // namespace twopass::run
