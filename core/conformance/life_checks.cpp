// The life of an instance, and what it does to the process around it.

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <utility>

#include "conformance/arithmetic.hpp"
#include "conformance/check.hpp"
#include "conformance/use.hpp"
#include "host/log.hpp"
#include "twopass/error.hpp"

namespace twopass::conformance {
namespace {

constexpr int kTimes = 100, kRounds = 3;

Verdict may_be_made_often(Subject& subject) {
  const auto make = [&](int times) {
    for (int time = 0; time < times; ++time) static_cast<void>(subject.create());
    return static_cast<int64_t>(mallinfo2().uordblks);
  };
  make(kTimes);  // whatever is made once is made by now
  int64_t before = make(kTimes), least = std::numeric_limits<int64_t>::max();
  for (int round = 0; round < kRounds; ++round) {  // what malloc keeps for itself grows now and then
    const int64_t after = make(kTimes);
    least = std::min(least, after - std::exchange(before, after));
  }
  if (least < kTimes) return pass();  // less than a byte each time
  return fail(fmt::format("each instance leaves {} bytes behind when it is destroyed", least / kTimes));
}

Verdict may_be_two_at_once(Subject& subject) {
  auto first = std::make_unique<host::Instance>(subject.create());
  auto second = std::make_unique<host::Instance>(subject.create());
  if (first->self() == second->self()) return fail("both are the same instance");
  first.reset();  // the other way round than C++ would do it
  second.reset();
  return pass();
}

size_t entries(const char* folder) {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

Verdict opens_nothing(Subject& subject) {
  static_cast<void>(subject.values());
  const size_t files = entries("/proc/self/fd"), threads = entries("/proc/self/task");
  const host::Instance instance = subject.create();
  if (entries("/proc/self/fd") != files)
    return fail("making it opens a file, which describe, load, open or build may do, but not create");
  if (entries("/proc/self/task") != threads)
    return fail("making it starts a thread, which describe, load, open or build may do, but not create");
  return pass();
}

// A host of a later minor version, whose structs have grown at their end.
Verdict serves_a_newer_host(Subject& subject) {
  constexpr size_t kGrowth = 16, kStride = sizeof(twopass_value) + kGrowth;
  const twopass_values usual = subject.values().values();
  std::vector<uint64_t> items(usual.count * kStride / sizeof(uint64_t), ~uint64_t{0});
  for (uint32_t index = 0; index < usual.count; ++index) {
    twopass_value item = abi::at(usual.items, index);
    item.struct_size = kStride;
    std::memcpy(reinterpret_cast<char*>(items.data()) + index * kStride, &item, sizeof item);
  }
  struct {
    twopass_host host;
    uint64_t later[2];
  } newer{{sizeof newer, TWOPASS_ABI_MINOR + 1, nullptr, [](void*, uint32_t, const char*) {}}, {}};
  const twopass_values values{sizeof values, usual.count,
                              reinterpret_cast<const twopass_value*>(items.data())};
  void* self = nullptr;
  abi::call(subject.table().create, &newer.host, &values, &self);
  if (self == nullptr) return fail("create reported success but made no instance");
  subject.table().destroy(self);
  return pass();
}

// What a plugin could change of the process that loads it and uses it.
struct Surroundings {
  std::string locale = std::setlocale(LC_ALL, nullptr);
  std::string folder = std::filesystem::current_path().string();
  std::map<int, void (*)(int)> handlers = signal_handlers();
  Arithmetic arithmetic{};

  static std::map<int, void (*)(int)> signal_handlers() {
    std::map<int, void (*)(int)> found;
    for (int signal = 1; signal < SIGRTMIN; ++signal) {
      struct sigaction action {};
      if (sigaction(signal, nullptr, &action) == 0) found[signal] = action.sa_handler;
    }
    return found;
  }
};

// What was not tried, for want of data or of a device, is not passed.
Verdict passed_if_used(const std::string& obstacle) {
  return obstacle.empty() ? pass() : skip("it was made but not used: " + obstacle);
}

Verdict leaves_the_process_alone(Subject& subject) {
  const Surroundings before;
  static_cast<void>(subject.create());
  const std::string obstacle = use(subject);
  const Surroundings after;
  if (after.locale != before.locale)
    return fail("it changes the locale, and with it how numbers are written");
  if (after.folder != before.folder) return fail("it changes the current directory to " + after.folder);
  if (after.handlers != before.handlers) return fail("it changes what a signal does, which is the host's");
  if (after.arithmetic != before.arithmetic)
    return fail("it changes how the host computes: denormals, rounding or traps");
  return passed_if_used(obstacle);
}

Verdict prints_nothing(Subject& subject) {
  // The kit keeps a check's output in a file.
  const auto place = [] {
    std::fflush(nullptr);
    return lseek(STDOUT_FILENO, 0, SEEK_CUR);
  };
  const off_t before = place();
  if (before < 0) return skip("its output is kept only while it has a process of its own");
  host::set_log_sink([](uint32_t, const std::string&) {});  // what it logs, and the host about it
  static_cast<void>(subject.create());
  const std::string obstacle = use(subject);
  const off_t printed = place() - before;
  if (printed > 0) return fail(fmt::format("it printed {} bytes: log through Host", printed));
  return passed_if_used(obstacle);
}

Verdict ends_in_peace(Subject& subject) {
  static_cast<void>(subject.create());
  return passed_if_used(use(subject));
}

}  // namespace

std::vector<Check> life_checks() {
  return {
      {"life.often", "instances can be made and destroyed again and again, and leave nothing behind",
       may_be_made_often},
      {"life.two", "two instances can live at once and end in any order", may_be_two_at_once},
      {"life.opens_nothing", "making one opens no file and starts no thread", opens_nothing},
      {"life.newer_host", "a host whose structs have grown can make one", serves_a_newer_host},
  };
}

std::vector<Check> use_checks() {
  return {
      {"life.process", "made and used, it leaves locale, folder, signals and arithmetic alone",
       leaves_the_process_alone},
      {"life.quiet", "it prints nothing", prints_nothing},
      {.name = "life.end",
       .sentence = "a process that used it can end",
       .run = ends_in_peace,
       .ends_the_process = true},
  };
}

}  // namespace twopass::conformance
