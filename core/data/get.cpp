#include "data/get.hpp"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <system_error>
#include <thread>

#include "data/contents.hpp"
#include "data/fetch.hpp"
#include "data/place.hpp"
#include "data/unpack.hpp"
#include "twopass/error.hpp"

namespace twopass::data {
namespace fs = std::filesystem;
namespace {

// How often a mirror that breaks off midway may go on before the next is asked.
constexpr int kAttempts = 10;

struct Failure {
  std::string mirror, reason;
  bool unreachable = false, wrong = false;
};

int64_t size_of(const fs::path& file) {
  std::error_code absent;
  const uintmax_t size = fs::file_size(file, absent);
  return absent ? 0 : static_cast<int64_t>(size);
}

// Held by the one process that fetches a dataset into a root. Its file stays: removing it would let two in.
class Lock {
 public:
  Lock(const fs::path& file, const Dataset& dataset, const Watcher& watcher)
      : descriptor_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0)
      throw Error(fmt::format("cannot write {}: {}; choose another folder with --root", file.string(),
                              std::strerror(errno)),
                  TWOPASS_IO);
    try {
      wait(dataset, watcher);
    } catch (...) {
      ::close(descriptor_);
      throw;
    }
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() { ::close(descriptor_); }

 private:
  void wait(const Dataset& dataset, const Watcher& watcher) const {
    for (bool told = false; ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0; told = true) {
      if (errno != EWOULDBLOCK && errno != EINTR)
        throw Error(fmt::format("cannot lock {}: {}", dataset.name, std::strerror(errno)), TWOPASS_IO);
      if (!told) watcher.note("waiting for another process that fetches " + dataset.name);
      watcher.progress(dataset.name, 0, 0);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  int descriptor_;
};

void make_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed)
    throw Error(fmt::format("cannot make the folder {}: {}; choose another with --root", folder.string(),
                            failed.message()),
                TWOPASS_IO);
}

void remove_file(const fs::path& file) {
  std::error_code failed;
  fs::remove(file, failed);
  if (failed) throw Error(fmt::format("cannot remove {}: {}", file.string(), failed.message()), TWOPASS_IO);
}

void rename_file(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::rename(from, to, failed);
  if (failed) throw Error(fmt::format("cannot write {}: {}", to.string(), failed.message()), TWOPASS_IO);
}

class Getter {
 public:
  Getter(const Dataset& dataset, const Request& request, const Watcher& watcher, const Archive& archive)
      : dataset_(dataset),
        request_(request),
        watcher_(watcher),
        archive_(archive),
        folder_(dataset.home == "." ? request.root : request.root / dataset.home),
        part_(folder_ / (archive.name + ".part")) {}

  Obtained get() const {
    Obtained obtained{archive_.name, target(), "", false};
    if (is_there()) return obtained;
    make_folder(folder_);
    check_space();
    std::vector<Failure> failures;
    for (const std::string& mirror : request_.mirrors.empty() ? dataset_.mirrors : request_.mirrors) {
      const std::string url = mirror + (mirror.ends_with('/') ? "" : "/") + archive_.name;
      std::optional<Failure> failure = try_mirror(url, obtained);
      if (!failure) {
        obtained.source = url;
        return obtained;
      }
      // Without a network the error says it all.
      if (!failure->unreachable) watcher_.note(fmt::format("{}: {}", failure->mirror, failure->reason));
      failures.push_back(std::move(*failure));
    }
    throw error(failures);
  }

 private:
  bool unpacks() const { return dataset_.packing == Packing::kTarGzip; }
  fs::path target() const { return unpacks() ? folder_ : folder_ / archive_.name; }

  bool is_there() const {
    return std::ranges::all_of(archive_.files, [&](const File& file) {
      const std::optional<fs::path> path = file_to_read(folder_, file, dataset_.packing);
      if (!path) return file.optional && !is_optional(archive_);
      const std::optional<Mismatch> mismatch = compare(*path, file);
      if (mismatch && !unpacks() && *path != target())
        throw Error(
            fmt::format("{} is not what was published (expected {}, found {}), and runs read it "
                        "before {}; move it away, then get {} again",
                        path->string(), mismatch->expected, mismatch->found, archive_.name, dataset_.name),
            TWOPASS_CORRUPT);
      return !mismatch;
    });
  }

  void check_space() const {
    // What is unpacked stands beside its archive for a while; images hardly compress.
    const int64_t needed = archive_.size * (unpacks() ? 2 : 1) - size_of(part_);
    std::error_code unknown;
    const fs::space_info space = fs::space(folder_, unknown);
    if (unknown || needed <= 0 || space.available >= static_cast<uintmax_t>(needed)) return;
    throw Error(fmt::format("{} needs {} MB in {}, where {} MB are free; make room or choose another folder "
                            "with --root",
                            archive_.name, needed / 1000000, folder_.string(), space.available / 1000000),
                TWOPASS_IO);
  }

  // What went wrong; nothing when the archive is in its place.
  std::optional<Failure> try_mirror(const std::string& url, Obtained& obtained) const {
    const Limits limits{2 * archive_.size, request_.stall_seconds};
    Failure failure{url, ""};
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const int64_t before = size_of(part_);
      const Transfer transfer = fetch(
          url, part_, limits, [&](int64_t bytes) { watcher_.progress(archive_.name, bytes, archive_.size); });
      failure.reason = transfer.failure;
      failure.unreachable = transfer.unreachable;
      failure.wrong = false;
      if (!transfer.failure.empty()) {
        if (size_of(part_) <= before) break;
        continue;
      }
      const std::optional<Mismatch> mismatch = accept(obtained);
      if (!mismatch) return std::nullopt;
      remove_file(part_);
      failure.reason =
          fmt::format("wrong contents: expected {}, found {}", mismatch->expected, mismatch->found);
      failure.wrong = true;
      if (before == 0) break;  // else its beginning may have come from elsewhere: once more as a whole
    }
    return failure;
  }

  // Contents decide: a mirror may have packed them anew.
  std::optional<Mismatch> accept(Obtained& obtained) const {
    obtained.repacked =
        dataset_.packing != Packing::kNone && digest_of_file(part_, archive_.digest) != archive_.digest;
    if (unpacks()) {
      std::optional<Mismatch> mismatch = unpack(part_, archive_, folder_);
      if (!mismatch) remove_file(part_);
      return mismatch;
    }
    std::optional<Mismatch> mismatch = compare(part_, archive_.files.front());
    if (!mismatch) rename_file(part_, target());
    return mismatch;
  }

  Error error(const std::vector<Failure>& failures) const {
    std::vector<std::string> reasons;
    reasons.reserve(failures.size());
    for (const Failure& failure : failures) reasons.push_back(failure.mirror + " (" + failure.reason + ")");
    const bool offline = std::ranges::all_of(failures, &Failure::unreachable);
    const bool wrong = std::ranges::any_of(failures, &Failure::wrong);
    return Error(fmt::format("{} of {} was not fetched: {}; asked {}", archive_.name, dataset_.title,
                             offline ? "no mirror can be reached, perhaps there is no network here"
                                     : "no mirror gave the published file; --mirror names another",
                             fmt::join(reasons, ", ")),
                 wrong ? TWOPASS_CORRUPT : TWOPASS_NOT_FOUND);
  }

  const Dataset& dataset_;
  const Request& request_;
  const Watcher& watcher_;
  const Archive& archive_;
  fs::path folder_, part_;
};

}  // namespace

std::vector<Obtained> get(const Dataset& dataset, const Request& request, const Watcher& watcher) {
  make_folder(request.root);
  const Lock lock(request.root / ("." + dataset.name + ".lock"), dataset, watcher);
  std::vector<Obtained> all;
  for (const Archive& archive : dataset.archives) {
    if (!is_optional(archive) || request.optional_files)
      all.push_back(Getter(dataset, request, watcher, archive).get());
  }
  return all;
}

}  // namespace twopass::data
