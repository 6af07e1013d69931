#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/catalogue.hpp"

namespace twopass::data {

struct Request {
  std::filesystem::path root;
  std::vector<std::string> mirrors;  // instead of the published ones; may be empty
  bool optional_files = false;       // also those that twopass does without
  int stall_seconds = 30;            // so long a mirror may send nothing before the next is asked
};

// What the caller shows of it. `progress` is called several times a second, also while waiting for another
// process; what it throws stops everything, and the next call goes on from there.
struct Watcher {
  std::function<void(const std::string& line)> note;
  std::function<void(const std::string& name, int64_t bytes, int64_t all)> progress;
};

struct Obtained {
  std::string archive;
  std::filesystem::path path;  // the file, or the folder it was unpacked into
  std::string source;          // its URL; empty: it was there already
  bool repacked = false;       // the mirror packed the published contents anew
};

// Fetches what `root` lacks of the dataset into its home there, mirror by mirror until the contents are those
// that were published. Any number of processes may do so at once: one fetches, the others wait for it. A file
// has its name only when it is complete and right. Throws Error: TWOPASS_NOT_FOUND when no mirror gave the
// file, TWOPASS_CORRUPT when one gave something else, TWOPASS_IO when there is no room or no permission.
std::vector<Obtained> get(const Dataset& dataset, const Request& request, const Watcher& watcher);

}  // namespace twopass::data
