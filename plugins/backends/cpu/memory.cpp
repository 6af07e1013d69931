#include "cpu/memory.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>

#include "twopass/error.hpp"

namespace twopass::cpu {
namespace {

// What can be had without swapping; without limit where the system does not say.
size_t available_bytes() {
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  for (size_t kibibytes = 0; file >> name >> kibibytes; std::getline(file, unit))
    if (name == "MemAvailable:") return kibibytes << 10;
  return std::numeric_limits<size_t>::max();
}

std::string megabytes(size_t bytes) { return std::to_string((bytes + 999999) / 1000000) + " MB"; }

}  // namespace

Memory::Memory(size_t bytes) {
  constexpr size_t kCacheLine = 64, kHugePage = size_t{2} << 20;
  const bool large = bytes >= kHugePage;
  const size_t alignment = large ? kHugePage : kCacheLine;
  const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  if (rounded == 0) return;
  // Asked for beforehand: Linux promises more than it has, and kills the process that takes it at its word.
  if (!large || rounded <= available_bytes()) data_.reset(std::aligned_alloc(alignment, rounded));
  if (!data_)
    throw Error("a buffer of " + megabytes(bytes) + " does not fit into memory, of which " +
                    megabytes(available_bytes()) +
                    " are available. Use smaller batches or layers, or wait for other programs to end",
                TWOPASS_OUT_OF_MEMORY);
  if (large) madvise(data_.get(), rounded, MADV_HUGEPAGE);  // advice: failing costs speed only
  std::memset(data_.get(), 0, rounded);
}

}  // namespace twopass::cpu
