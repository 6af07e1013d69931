#include "data/contents.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <span>
#include <vector>

#include "twopass/error.hpp"

namespace twopass::data {
namespace {

constexpr size_t kPiece = size_t{1} << 18;

class Digest {
 public:
  explicit Digest(const std::string& like)
      : algorithm_(like.substr(0, like.find(':'))), context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    check(EVP_DigestInit_ex(context_.get(), EVP_get_digestbyname(algorithm_.c_str()), nullptr));
  }
  void add(std::span<const char> bytes) {
    check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
  }
  std::string text() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    check(EVP_DigestFinal_ex(context_.get(), bytes.data(), &size));
    std::string result = algorithm_ + ":";
    for (const unsigned char byte : std::span(bytes).first(size)) result += fmt::format("{:02x}", byte);
    return result;
  }

 private:
  void check(int status) const {
    if (status != 1) throw Error("OpenSSL cannot compute " + algorithm_, TWOPASS_INTERNAL);
  }

  std::string algorithm_;
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

Error unreadable(const std::filesystem::path& path) {
  return Error(fmt::format("the file {} cannot be read: {}", path.string(), std::strerror(errno)),
               TWOPASS_NOT_FOUND);
}

}  // namespace

std::optional<Mismatch> compare(const std::filesystem::path& path, const File& file) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> stream(gzopen(path.c_str(), "rb"), &gzclose_r);
  if (!stream) throw unreadable(path);
  Digest digest(file.digest);
  std::vector<char> piece(kPiece);
  int64_t size = 0;
  for (;;) {
    const int count = gzread(stream.get(), piece.data(), static_cast<unsigned>(piece.size()));
    int status = Z_OK;
    const std::string text = gzerror(stream.get(), &status);
    if (status == Z_ERRNO) throw unreadable(path);
    if (status == Z_BUF_ERROR) return Mismatch{"a complete gzip stream", "one that breaks off"};
    if (count < 0) return Mismatch{"an intact gzip stream", "a damaged one (" + text + ")"};
    if (count == 0) break;
    size += count;
    // A small file can unpack to very much.
    if (file.size != 0 && size > file.size) return Mismatch{fmt::format("{} bytes", file.size), "more"};
    digest.add(std::span(piece).first(static_cast<size_t>(count)));
  }
  if (file.size != 0 && size < file.size)
    return Mismatch{fmt::format("{} bytes", file.size), std::to_string(size)};
  const std::string found = digest.text();
  if (found != file.digest) return Mismatch{file.digest, found};
  return std::nullopt;
}

std::string digest_of_file(const std::filesystem::path& path, const std::string& like) {
  std::ifstream stream(path, std::ios::binary);
  Digest digest(like);
  std::vector<char> piece(kPiece);
  while (stream) {
    stream.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    digest.add(std::span(piece).first(static_cast<size_t>(stream.gcount())));
  }
  if (!stream.eof()) throw unreadable(path);
  return digest.text();
}

}  // namespace twopass::data
