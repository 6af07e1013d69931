#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace twopass::data {

// One file as the readers see it: after gunzip, where it is packed.
struct File {
  std::string name;
  int64_t size;           // bytes; 0 where no published source says
  std::string digest;     // "sha256:..." or "md5:...", in lower-case hex
  bool optional = false;  // twopass does without it
};

// What is fetched in one piece.
struct Archive {
  std::string name;
  int64_t size;             // bytes
  std::string digest;       // of the archive itself: "sha256:..."
  std::vector<File> files;  // what it holds
};

enum class Packing { kNone, kGzip, kTarGzip };

struct Dataset {
  std::string name;  // of its plugin
  std::string title;
  std::string licence;
  Packing packing;
  std::vector<std::string>
      folders;       // where its plugin looks below a root, best first; "." is the root itself
  std::string home;  // the one of them that torchvision uses, and `data get` fills
  std::vector<std::string> mirrors;  // an archive's name behind one of these is its URL; best first
  std::vector<Archive> archives;
  std::vector<File> other_form;  // the same data in other files, which its plugin prefers; may be empty
};

// Whether twopass does without all that it holds.
inline bool is_optional(const Archive& archive) {
  return std::ranges::all_of(archive.files, &File::optional);
}

// Every published dataset: all that twopass knows about files, mirrors, checksums and licences.
const std::vector<Dataset>& catalogue();

}  // namespace twopass::data
