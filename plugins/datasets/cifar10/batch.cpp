#include "batch.hpp"

#include <fmt/format.h>

#include "files/dataset_files.hpp"
#include "numpy_array.hpp"
#include "pickle.hpp"

namespace twopass::cifar10 {
namespace {

using datasets::corrupt;

int32_t checked_label(int64_t label, size_t position, const std::filesystem::path& file) {
  if (label < 0 || label >= kClasses)
    throw corrupt(file, fmt::format("labels from 0 to {}", kClasses - 1),
                  fmt::format("{} at position {}", label, position));
  return static_cast<int32_t>(label);
}

}  // namespace

Images read_binary_batch(const std::filesystem::path& file) {
  constexpr size_t kRecord = 1 + kPixels;
  const std::vector<uint8_t> bytes = datasets::read_file(file);
  if (bytes.empty() || bytes.size() % kRecord != 0)
    throw corrupt(file, fmt::format("records of {} bytes", kRecord), fmt::format("{} bytes", bytes.size()));
  Images images;
  images.pixels.reserve(bytes.size());
  for (size_t record = 0; record < bytes.size(); record += kRecord) {
    const auto pixels = bytes.begin() + static_cast<std::ptrdiff_t>(record + 1);
    images.labels.push_back(checked_label(bytes[record], images.labels.size(), file));
    images.pixels.insert(images.pixels.end(), pixels, pixels + kPixels);
  }
  return images;
}

Images read_pickled_batch(const std::filesystem::path& file) {
  const Pickle pickle(file);
  const Value* data = pickle.root().find("data");
  const Value* labels = pickle.root().find("labels");
  if (data == nullptr || labels == nullptr || labels->kind != Value::Kind::kList)
    throw corrupt(file, "a dictionary with 'data' and the list 'labels'", "another value");
  ByteMatrix matrix = byte_matrix(*data, file);
  if (matrix.columns != kPixels || matrix.rows == 0)
    throw corrupt(file, fmt::format("rows of {} pixels", kPixels),
                  fmt::format("{}x{}", matrix.rows, matrix.columns));
  if (labels->items.size() != static_cast<size_t>(matrix.rows))
    throw corrupt(file, fmt::format("{} labels", matrix.rows), std::to_string(labels->items.size()));
  Images images{std::move(matrix.elements), {}};
  for (const Value* label : labels->items) {
    if (label->kind != Value::Kind::kInteger)
      throw corrupt(file, "labels that are integers", fmt::format("another value at byte {}", label->offset));
    images.labels.push_back(checked_label(label->integer, images.labels.size(), file));
  }
  return images;
}

}  // namespace twopass::cifar10
