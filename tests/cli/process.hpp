#pragma once

#include <fcntl.h>
#include <linux/capability.h>
#include <pty.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "no_internet.hpp"

namespace twopass::cli_test {

struct Outcome {
  int exit_code = -1;  // -1: it died of `signal`
  int signal = 0;
  std::string out, err;
};

// Around a process.
struct Surroundings {
  std::filesystem::path folder = ".";
  std::map<std::string, std::string> environment;  // added to PATH and what sanitizers and CUDA's driver need
  rlim_t file_size = RLIM_INFINITY;                // no file can grow beyond this: a full disk
  std::filesystem::path output;                    // where standard output goes instead
  bool terminal = false;                           // standard error is a terminal
  bool obeys_permissions = false;                  // of files and folders, even if the caller is root
  bool internet = true;                            // false: opening a socket for it is deadly
};

inline constexpr int kNoFilter = 125;  // exit code: internet could not be forbidden

// A program at work, its output kept in memory. Dies with this object.
class Process {
 public:
  Process(const std::vector<std::string>& command, const Surroundings& surroundings)
      : terminal_(surroundings.terminal), out_(memfd_create("out", MFD_CLOEXEC)) {
    int err = -1;
    if (terminal_ && openpty(&err_, &err, nullptr, nullptr, nullptr) != 0)
      throw std::runtime_error("no pseudo-terminal");
    if (!terminal_) err = err_ = memfd_create("err", MFD_CLOEXEC);
    id_ = fork();
    if (id_ < 0) throw std::runtime_error("no process");
    if (id_ == 0) become(command, surroundings, err);
    if (terminal_) close(err);  // so that reading ends with the process
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (id_ > 0) {
      send(SIGKILL);
      wait();
    }
    close(out_);
    close(err_);
  }

  void send(int signal) const { kill(id_, signal); }

  Outcome wait() {
    Outcome outcome;
    if (terminal_) outcome.err = read_to_end(err_);  // a terminal holds little before its writer must wait
    int status = 0;
    waitpid(std::exchange(id_, 0), &status, 0);
    if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
    outcome.out = content(out_);
    if (!terminal_) outcome.err = content(err_);
    return outcome;
  }

 private:
  [[noreturn]] void become(const std::vector<std::string>& command, const Surroundings& surroundings,
                           int err) const {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::vector<std::string> environment{std::string("PATH=") + std::getenv("PATH")};
    const auto add = [&](std::string name, const std::string& value) {
      environment.push_back(name.append("=").append(value));
    };
    for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES"})
      if (const char* value = std::getenv(name)) add(name, value);
    for (const auto& [name, value] : surroundings.environment) add(name, value);
    const int out =
        surroundings.output.empty() ? out_ : open(surroundings.output.c_str(), O_WRONLY | O_CLOEXEC);
    const bool ready = chdir(surroundings.folder.c_str()) == 0 && dup2(out, STDOUT_FILENO) >= 0 &&
                       dup2(err, STDERR_FILENO) >= 0;
    const rlimit limit{surroundings.file_size, surroundings.file_size};
    std::signal(SIGXFSZ, SIG_IGN);
    if (surroundings.obeys_permissions && geteuid() == 0 && prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE) != 0)
      std::_Exit(126);
    if (!surroundings.internet && !die_of_internet_sockets()) std::_Exit(kNoFilter);
    if (ready && setrlimit(RLIMIT_FSIZE, &limit) == 0)
      execve(command.front().c_str(), pointers(command).data(), pointers(environment).data());
    std::_Exit(127);
  }

  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
  }

  static std::string content(int file) {
    std::string text(static_cast<size_t>(lseek(file, 0, SEEK_END)), '\0');
    const ssize_t size = pread(file, text.data(), text.size(), 0);
    text.resize(static_cast<size_t>(size));
    return text;
  }

  static std::string read_to_end(int file) {
    std::string text;
    char piece[4096];
    for (ssize_t size = 0; (size = read(file, piece, sizeof piece)) > 0;)
      text.append(piece, static_cast<size_t>(size));
    return text;
  }

  bool terminal_;
  int out_, err_ = -1;  // err_: what was written can be read here
  pid_t id_ = -1;
};

}  // namespace twopass::cli_test
