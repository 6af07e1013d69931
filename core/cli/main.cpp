#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "cli/commands.hpp"
#include "cli/crash.hpp"
#include "cli/to_stderr.hpp"
#include "host/instance.hpp"
#include "host/nearest.hpp"
#include "pipeline/diagnostic.hpp"
#include "run/stop.hpp"
#include "twopass/error.hpp"
#include "twopass/plugin.hpp"

namespace twopass::cli {
namespace {

ExitCode exit_code(twopass_status status) {
  switch (status) {
    case TWOPASS_NOT_FOUND:
    case TWOPASS_CORRUPT:
      return kDataMissing;
    case TWOPASS_INTERNAL:
      return kInternal;
    case TWOPASS_OUT_OF_MEMORY:
    case TWOPASS_IO:
    case TWOPASS_FAILED:
      return kFailed;
    default:
      return kInvalid;
  }
}

// Runs a command; whatever it throws becomes a message on stderr and an exit code.
ExitCode guarded(const Command& command) {
  try {
    const ExitCode code = command();
    if (std::fflush(stdout) != 0)
      throw Error(fmt::format("cannot write to standard output: {}", std::strerror(errno)), TWOPASS_IO);
    return code;
  } catch (const pipeline::InvalidPipeline& e) {
    to_stderr("{}\n", e.what());
    return kInvalid;
  } catch (const run::Stopped&) {
    to_stderr("stopped; the same command goes on from there\n");
    return kStopped;
  } catch (const Error& e) {
    to_stderr("error: {}\n", e.what());
    return exit_code(e.status());
  } catch (const std::bad_alloc&) {
    to_stderr("error: out of memory; a smaller network or batch_size needs less\n");
    return kFailed;
  } catch (const std::system_error& e) {  // of files and streams, too
    to_stderr("error: {}\n", e.what());
    return kFailed;
  } catch (const std::exception& e) {
    to_stderr("internal error: {}\n", e.what());
    return kInternal;
  } catch (...) {
    to_stderr("internal error: something was thrown that is no exception\n");
    return kInternal;
  }
}

// What stands where a command of this group should, when there is no such command.
std::string unknown_command(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* group = &app;
  std::string before = "twopass";
  for (const std::string& word : words) {
    const auto commands = group->get_subcommands([](const CLI::App*) { return true; });
    if (commands.empty() || word.starts_with('-')) return "";
    const CLI::App* next = nullptr;
    std::vector<std::string> names;
    for (const CLI::App* command : commands) {
      names.push_back(command->get_name());
      if (word == names.back()) next = command;
    }
    if (next == nullptr) {
      return fmt::format("there is no command '{} {}'{}; `{} --help` lists what there is", before, word,
                         host::did_you_mean(word, names), before);
    }
    group = next;
    before += " " + word;
  }
  return "";
}

// Once each: a pipeline's plugins are made twice, first on paper.
void log_plugin_message(uint32_t level, const std::string& text) {
  static std::mutex guard;  // plugins log from their threads as well
  const std::lock_guard lock(guard);
  static std::set<std::string> told;
  if (!told.insert(text).second) return;
  const char* live_line_away = isatty(STDERR_FILENO) != 0 ? "\r\033[K" : "";
  to_stderr("{}{}{}\n", live_line_away, level == TWOPASS_LOG_WARNING ? "warning: " : "", text);
}

// Else a file that is opened later gets the number of a closed standard stream, and what is meant for that.
void open_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(descriptor, F_GETFD) < 0) open("/dev/null", O_RDONLY);  // writing to it fails, as before
}

}  // namespace
}  // namespace twopass::cli

int main(int argc, char** argv) {
  using namespace twopass::cli;
  open_standard_streams();
  twopass::host::set_log_sink(log_plugin_message);
  if (argc < 2 ||
      std::string_view(argv[1]) != "plugin")  // whose checks say themselves how their processes ended
    name_plugins_that_crash();
  // Some parents leave it ignored, and then nobody learns how a child of this process ended.
  std::signal(SIGCHLD, SIG_DFL);
  // Before a backend brings in libgomp: by default its threads spin for milliseconds at each barrier, which
  // makes a run several times slower as soon as anything else wants a core. Too few spins, and they sleep and
  // are woken all the time (docs/performance.md, "A whole run").
  setenv("GOMP_SPINCOUNT", "1000", 0);

  CLI::App app{"twopass: Forward-Forward and backpropagation, compared on self-supervised tasks"};
  app.set_version_flag("--version", std::string("twopass ") + TWOPASS_SDK_VERSION);
  app.require_subcommand(1);
  Settings settings;
  add_run_and_check(app, settings);
  add_sweep(app, settings);
  add_table(app, settings);
  add_report(app, settings);
  add_inspect(app, settings);
  add_schema(app, settings);
  add_doctor(app, settings);
  add_data(app, settings);
  CLI::App& plugin = add_group(app, "plugin", "For authors of plugins");
  add_plugin_new(plugin, settings);
  add_plugin_check(plugin, settings);

  // What follows may be no command line yet, so nothing parses it.
  if (argc > 1 && std::string_view(argv[1]) == "__complete")
    return guarded([&] { return complete(app, {argv + 2, argv + argc}); });
  for (const std::string_view word : std::vector<std::string_view>(argv + 1, argv + argc))
    if (word.starts_with("--") && word.find('=') == word.size() - 1) {  // CLI11 would take the word behind it
      to_stderr("error: {} has no value\n", word);
      return kInvalid;
    }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    const std::string unknown = unknown_command(app, {argv + 1, argv + argc});
    if (!unknown.empty()) {
      to_stderr("error: {}\n", unknown);
      return kInvalid;
    }
    for (const std::string_view word : std::vector<std::string_view>(argv + 1, argv + argc))
      if (word.starts_with("--") && word.find('.') < word.find('=') && word.find('=') != word.npos) {
        to_stderr("error: there is no option '{}'; a pipeline's key has no dashes: {}\n", word,
                  word.substr(2));
        return kInvalid;
      }
    return app.exit(e) == 0 ? kDone : kInvalid;
  }
  return guarded(settings.command);
}
