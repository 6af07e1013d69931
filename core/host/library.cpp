#include "host/library.hpp"

#include <dlfcn.h>
#include <fenv.h>  // not <cfenv>: feenableexcept's sister fegetexcept is glibc's own
#include <fmt/format.h>

// Boost.DLL 1.74 without Boost.Filesystem needs these three before it.
#include <algorithm>
#include <string>
#include <vector>
#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>

#include "host/log.hpp"
#include "twopass/error.hpp"

namespace twopass::host {
namespace {

// How this thread computes: rounding, traps, and in MXCSR whether denormals count as zero.
class FloatingPointState {
 public:
  FloatingPointState() { fegetenv(&environment_); }

  void restore() const { fesetenv(&environment_); }

  // Which exceptions have occurred is no matter; how they are treated is.
  bool computes_like(const FloatingPointState& other) const {
    return environment_.__control_word == other.environment_.__control_word &&
           (environment_.__mxcsr & ~kOccurred) == (other.environment_.__mxcsr & ~kOccurred);
  }

  std::string words() const { return fmt::format("MXCSR {:#x}", environment_.__mxcsr & ~kOccurred); }

 private:
  static constexpr unsigned kOccurred = FE_ALL_EXCEPT | 0x2;  // 0x2: a denormal operand
  fenv_t environment_;
};

// The dynamic linker's own words, which Boost wraps in some of its own.
std::string loader_words(const std::string& text) {
  constexpr std::string_view kBefore = "dlerror system message: ";
  const size_t first = text.find(kBefore);
  const size_t last = text.rfind("): ");
  if (first == std::string::npos || last == std::string::npos) return text;
  return text.substr(first + kBefore.size(), last - first - kBefore.size());
}

boost::dll::shared_library open(const std::filesystem::path& file) {
  // Now: a missing symbol shows here. Local: plugins do not see each other. NODELETE: the library stays when
  // the handle goes, for OpenMP and thread-local destructors do not survive unloading; Boost has no name for
  // that flag.
  constexpr auto kMode = static_cast<boost::dll::load_mode::type>(RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  try {
    return boost::dll::shared_library(file, kMode);  // the error_code overload would lose dlerror's text
  } catch (const std::exception& e) {
    throw Error("it cannot be loaded: " + loader_words(e.what()));
  }
}

}  // namespace

const twopass_plugin* load_library(const std::filesystem::path& file) {
  const FloatingPointState before;
  const boost::dll::shared_library library = open(file);
  const FloatingPointState after;
  if (!after.computes_like(before)) {
    before.restore();
    log(TWOPASS_LOG_WARNING,
        fmt::format(
            "loading {} changed the host's floating-point state from {} to {}; it was set back. The library, "
            "or one it needs, was linked with -ffast-math or -Ofast: link it without",
            file.string(), before.words(), after.words()));
  }
  if (!library.has(TWOPASS_ENTRY_SYMBOL)) throw Error("it does not export " TWOPASS_ENTRY_SYMBOL);
  return library.get<const twopass_plugin*()>(TWOPASS_ENTRY_SYMBOL)();
}

}  // namespace twopass::host
