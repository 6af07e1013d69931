#include "run/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "twopass/error.hpp"

namespace twopass::run {
namespace {

// What a child may do between fork and exec: system calls alone, for other threads may have held locks.
[[noreturn]] void become(char* const* command, const char* log, pid_t parent, const sigset_t& unblocked) {
  for (const int signal : {SIGINT, SIGTERM}) ::signal(signal, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(127);  // it died before it could be watched
  ::setpgid(0, 0);                          // the terminal's Ctrl-C is for the parent, which passes it on
  ::sigprocmask(SIG_SETMASK, &unblocked, nullptr);
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const int errors = ::open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (::dup2(nothing, STDIN_FILENO) >= 0 && ::dup2(nothing, STDOUT_FILENO) >= 0 &&
      ::dup2(errors, STDERR_FILENO) >= 0)
    ::execv(command[0], command);
  ::_exit(127);
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command, const std::filesystem::path& log) {
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t parent = ::getpid();
  // A signal that came before the child has its own handling would be lost.
  sigset_t stops, before;
  sigemptyset(&stops);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&stops, signal);
  pthread_sigmask(SIG_BLOCK, &stops, &before);
  id_ = ::fork();
  if (id_ == 0) become(words.data(), log.c_str(), parent, before);
  const int reason = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (id_ < 0) throw Error(fmt::format("cannot start a process: {}", std::strerror(reason)), TWOPASS_FAILED);
}

ChildProcess::~ChildProcess() {
  if (id_ == 0) return;
  send(SIGTERM);
  while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::optional<Ending> ChildProcess::ended() {
  int status = 0;
  if (id_ == 0 || ::waitpid(id_, &status, WNOHANG) != id_) return std::nullopt;
  id_ = 0;
  if (WIFSIGNALED(status)) return Ending{-1, WTERMSIG(status)};
  return Ending{WEXITSTATUS(status), 0};
}

void ChildProcess::send(int signal) const {
  if (id_ > 0) ::kill(id_, signal);
}

}  // namespace twopass::run
