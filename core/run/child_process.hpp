#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace twopass::run {

// How a process ended.
struct Ending {
  int exit_code = -1;  // -1: it died of `signal`
  int signal = 0;
};

// Another program at work. It reads nothing, what it prints on stdout is dropped. It gets SIGTERM when this
// process ends, however that happens, and no Ctrl-C of its own.
class ChildProcess {
 public:
  // `command` begins with the program's path; `log` is written anew with what it prints on stderr. Throws
  // Error when no process can be made.
  ChildProcess(const std::vector<std::string>& command, const std::filesystem::path& log);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();  // stops it and waits for it

  // Nothing while it works.
  std::optional<Ending> ended();
  void send(int signal) const;

 private:
  pid_t id_;  // 0: it has ended
};

}  // namespace twopass::run
