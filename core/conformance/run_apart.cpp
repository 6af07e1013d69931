#include "conformance/run_apart.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "twopass/error.hpp"

namespace twopass::conformance {
namespace {

// A file in memory that both processes see.
class SharedFile {
 public:
  SharedFile() : descriptor_(memfd_create("twopass-check", MFD_CLOEXEC)) {
    if (descriptor_ < 0) throw Error("no memory for a check's result", TWOPASS_OUT_OF_MEMORY);
  }
  SharedFile(const SharedFile&) = delete;
  SharedFile& operator=(const SharedFile&) = delete;
  ~SharedFile() { close(descriptor_); }

  int descriptor() const { return descriptor_; }
  void write(const std::string& text) const {
    if (::write(descriptor_, text.data(), text.size()) < 0) _exit(EXIT_FAILURE);
  }
  std::string content() const {
    std::string text(static_cast<size_t>(lseek(descriptor_, 0, SEEK_END)), '\0');
    text.resize(static_cast<size_t>(std::max<ssize_t>(0, pread(descriptor_, text.data(), text.size(), 0))));
    return text;
  }

 private:
  int descriptor_;
};

[[noreturn]] void become(const Check& check, Subject& subject, const SharedFile& report,
                         const SharedFile& output) {
  setpgid(0, 0);  // so that what it starts dies with it, should it have to be killed
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  dup2(output.descriptor(), STDOUT_FILENO);
  dup2(output.descriptor(), STDERR_FILENO);
  const Verdict verdict = run_here(check, subject);
  report.write(static_cast<char>('0' + static_cast<int>(verdict.outcome)) + verdict.text);
  if (check.ends_the_process) std::exit(EXIT_SUCCESS);
  _exit(EXIT_SUCCESS);
}

// The last line that a process printed before it died: "terminate called ...", an assertion.
std::string last_words(const SharedFile& output) {
  std::string text = output.content();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const size_t line = text.rfind('\n');
  if (line != std::string::npos) text = text.substr(line + 1);
  return text.empty() ? "" : fmt::format("; its last words: {}", text);
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("the process died of signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  return fmt::format("the process was ended by the plugin, with exit code {}", WEXITSTATUS(status));
}

// False when it had to be killed.
bool wait_for(pid_t process, std::chrono::milliseconds limit, int& status) {
  const auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const pid_t ended = waitpid(process, &status, WNOHANG);
    if (ended == process) return true;
    if (ended < 0 && errno != EINTR) throw Error("a check's process was lost", TWOPASS_INTERNAL);
    if (std::chrono::steady_clock::now() >= end) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  kill(-process, SIGKILL);
  kill(process, SIGKILL);  // should it have left its group
  waitpid(process, &status, 0);
  return false;
}

}  // namespace

Verdict run_here(const Check& check, Subject& subject) {
  try {
    return check.run(subject);
  } catch (const std::exception& e) {
    return fail(e.what());
  } catch (...) {
    return fail("something was thrown that is no exception");
  }
}

Verdict run_apart(const Check& check, Subject& subject, std::chrono::milliseconds limit) {
  const SharedFile report, output;
  std::fflush(nullptr);  // or both processes would write what waits
  const pid_t process = fork();
  if (process < 0) throw Error("no process for a check: " + std::string(strerror(errno)), TWOPASS_FAILED);
  if (process == 0) become(check, subject, report, output);
  int status = 0;
  if (!wait_for(process, limit, status))
    return {Outcome::kCrash,
            fmt::format("it was not done within {} s", std::chrono::duration<double>(limit).count())};
  const std::string verdict = report.content();
  if (verdict.empty()) return {Outcome::kCrash, how_it_ended(status) + last_words(output)};
  if (status != 0)
    return {Outcome::kCrash, "when all was done, " + how_it_ended(status) + last_words(output)};
  return {static_cast<Outcome>(verdict.front() - '0'), verdict.substr(1)};
}

}  // namespace twopass::conformance
