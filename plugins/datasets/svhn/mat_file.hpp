#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct _mat_t;  // NOLINT: matio's name

namespace twopass::svhn {

// The variables of a MATLAB 5 MAT-file. All functions throw Error with TWOPASS_CORRUPT, naming the file, when
// there is no such variable or its contents are not as asked for.
class MatFile {
 public:
  // Also throws TWOPASS_NOT_FOUND when the file cannot be read.
  explicit MatFile(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  // First the dimension whose elements lie next to each other.
  std::vector<size_t> dimensions(const std::string& name) const;
  // Fills `target` with a variable of class uint8 and exactly this many elements.
  void read_bytes(const std::string& name, std::span<uint8_t> target) const;
  // All elements of a variable of class uint8 or double.
  std::vector<double> read_numbers(const std::string& name) const;

 private:
  std::filesystem::path path_;
  uint64_t content_bytes_;
  std::unique_ptr<_mat_t, int (*)(_mat_t*)> file_;
};

}  // namespace twopass::svhn
