#include "mat_file.hpp"

#include <fmt/ranges.h>
#include <matio.h>

#include <limits>
#include <utility>

#include "files/dataset_files.hpp"
#include "mat_envelope.hpp"

namespace twopass::svhn {
namespace {

using datasets::corrupt;
using Variable = std::unique_ptr<matvar_t, void (*)(matvar_t*)>;

Variable find(mat_t* mat, const std::filesystem::path& file, const std::string& name) {
  Mat_Rewind(mat);
  Variable variable(Mat_VarReadInfo(mat, name.c_str()), &Mat_VarFree);
  if (!variable) throw corrupt(file, fmt::format("the variable '{}'", name), "none of this name");
  return variable;
}

size_t count_elements(const Variable& variable, const std::string& name, uint64_t content_bytes,
                      const std::filesystem::path& file) {
  const std::span<const size_t> dimensions(variable->dims, static_cast<size_t>(variable->rank));
  uint64_t count = 1;
  for (const size_t dimension : dimensions) {
    // Every element takes a byte at least; and libmatio counts in int.
    const uint64_t limit = std::min<uint64_t>(content_bytes, std::numeric_limits<int>::max());
    if (dimension != 0 && count > limit / dimension)
      throw corrupt(file, fmt::format("at most {} elements in '{}'", limit, name),
                    fmt::format("{}", fmt::join(dimensions, "x")));
    count *= dimension;
  }
  return count;
}

void read(mat_t* mat, const Variable& variable, void* target, size_t count, const std::string& name,
          const std::filesystem::path& file) {
  if (count == 0) return;
  if (Mat_VarReadDataLinear(mat, variable.get(), target, 0, 1, static_cast<int>(count)) != 0)
    throw corrupt(file, fmt::format("a readable variable '{}'", name), "a damaged one");
}

bool is_real(const Variable& variable, matio_classes type) {
  return variable->class_type == type && variable->isComplex == 0;
}

}  // namespace

MatFile::MatFile(std::filesystem::path path)
    : path_(std::move(path)),
      content_bytes_(check_mat_envelope(path_)),
      file_(Mat_Open(path_.c_str(), MAT_ACC_RDONLY), &Mat_Close) {
  if (!file_) throw corrupt(path_, "a MATLAB 5 MAT-file", "one that libmatio cannot open");
}

std::vector<size_t> MatFile::dimensions(const std::string& name) const {
  const Variable variable = find(file_.get(), path_, name);
  return {variable->dims, variable->dims + variable->rank};
}

void MatFile::read_bytes(const std::string& name, std::span<uint8_t> target) const {
  const Variable variable = find(file_.get(), path_, name);
  if (!is_real(variable, MAT_C_UINT8))
    throw corrupt(path_, fmt::format("'{}' to be of class uint8", name), "another class");
  if (const size_t count = count_elements(variable, name, content_bytes_, path_); count != target.size())
    throw corrupt(path_, fmt::format("{} elements in '{}'", target.size(), name), std::to_string(count));
  read(file_.get(), variable, target.data(), target.size(), name, path_);
}

std::vector<double> MatFile::read_numbers(const std::string& name) const {
  const Variable variable = find(file_.get(), path_, name);
  const size_t count = count_elements(variable, name, content_bytes_, path_);
  if (is_real(variable, MAT_C_UINT8)) {
    std::vector<uint8_t> bytes(count);
    read(file_.get(), variable, bytes.data(), count, name, path_);
    return {bytes.begin(), bytes.end()};
  }
  if (!is_real(variable, MAT_C_DOUBLE))
    throw corrupt(path_, fmt::format("'{}' to be of class uint8 or double", name), "another class");
  std::vector<double> numbers(count);
  read(file_.get(), variable, numbers.data(), count, name, path_);
  return numbers;
}

}  // namespace twopass::svhn
