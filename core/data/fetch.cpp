#include "data/fetch.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <memory>
#include <string_view>

#include "twopass/error.hpp"
#include "twopass/plugin.hpp"

namespace twopass::data {
namespace {

class PartFile {
 public:
  explicit PartFile(const std::filesystem::path& path)
      : path_(path), descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) fail();
  }
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile() { ::close(descriptor_); }

  int64_t size() const {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) fail();
    return status.st_size;
  }
  void clear() const {
    if (::ftruncate(descriptor_, 0) != 0) fail();
  }
  void append(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail();
      bytes.remove_prefix(static_cast<size_t>(written));
    }
  }
  void sync() const {
    if (::fsync(descriptor_) != 0) fail();
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(fmt::format("cannot write {}: {}", path_.string(), std::strerror(errno)), TWOPASS_IO);
  }

  std::filesystem::path path_;
  int descriptor_;
};

// What curl's callbacks work on. Exceptions must not pass through curl: they wait here.
struct Receiver {
  const PartFile& part;
  const Limits& limits;
  const Progress& progress;
  int64_t size;
  bool too_much = false;
  std::exception_ptr thrown;
};

size_t receive(char* bytes, size_t, size_t count, void* target) {
  auto& receiver = *static_cast<Receiver*>(target);
  receiver.too_much = receiver.size + static_cast<int64_t>(count) > receiver.limits.bytes;
  if (receiver.too_much) return 0;
  try {
    receiver.part.append({bytes, count});
    receiver.size += static_cast<int64_t>(count);
    return count;
  } catch (...) {
    receiver.thrown = std::current_exception();
    return 0;
  }
}

int report(void* target, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& receiver = *static_cast<Receiver*>(target);
  try {
    receiver.progress(receiver.size);
    return 0;
  } catch (...) {
    receiver.thrown = std::current_exception();
    return 1;
  }
}

bool is_unreachable(CURLcode code) {
  return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
         code == CURLE_COULDNT_CONNECT;
}

CURLcode perform(const std::string& url, Receiver& receiver, std::string& failure) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, void (*)(CURL*)> handle(ready == CURLE_OK ? curl_easy_init() : nullptr,
                                                      &curl_easy_cleanup);
  if (!handle) throw Error("libcurl cannot be started", TWOPASS_INTERNAL);
  std::array<char, CURL_ERROR_SIZE> text{};
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(handle.get(), option, value); };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https,file");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, 10L);
  set(CURLOPT_FAILONERROR, 1L);
  set(CURLOPT_USERAGENT, "twopass/" TWOPASS_SDK_VERSION);
  set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(receiver.limits.stall_seconds));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(receiver.limits.stall_seconds));
  set(CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(receiver.size));
  set(CURLOPT_ERRORBUFFER, text.data());
  set(CURLOPT_WRITEFUNCTION, &receive);
  set(CURLOPT_WRITEDATA, &receiver);
  set(CURLOPT_XFERINFOFUNCTION, &report);
  set(CURLOPT_XFERINFODATA, &receiver);
  set(CURLOPT_NOPROGRESS, 0L);
  const CURLcode code = curl_easy_perform(handle.get());
  if (receiver.thrown) std::rethrow_exception(receiver.thrown);
  if (code != CURLE_OK) failure = text[0] != '\0' ? text.data() : curl_easy_strerror(code);
  return code;
}

}  // namespace

Transfer fetch(const std::string& url, const std::filesystem::path& path, const Limits& limits,
               const Progress& progress) {
  const PartFile part(path);
  Receiver receiver{.part = part, .limits = limits, .progress = progress, .size = part.size(), .thrown = {}};
  std::string failure;
  CURLcode code = perform(url, receiver, failure);
  // The server does not know Range, or has less than we do.
  if (code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME) {
    part.clear();
    receiver.size = 0;
    failure.clear();
    code = perform(url, receiver, failure);
  }
  if (receiver.too_much) {
    part.clear();
    failure = fmt::format("sends more than {} bytes", limits.bytes);
  }
  part.sync();
  return {failure, is_unreachable(code)};
}

}  // namespace twopass::data
