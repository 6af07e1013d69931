#include "idx/idx_dataset.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <utility>

#include "idx/idx_file.hpp"

namespace twopass::idx {
namespace {

using datasets::corrupt;

constexpr uint32_t kSide = 28;

// MNIST and Fashion-MNIST lie in files of the same names, sizes and shapes. The CRC-32 of the published
// labels (taken from files whose SHA-256 is the published one) keeps either from being read as the other.
std::string published_title(const std::vector<uint8_t>& labels) {
  switch (crc32(0, labels.data(), static_cast<uInt>(labels.size()))) {
    case 0xba07e8ef:  // train
    case 0xee8604d9:  // t10k
      return "MNIST";
    case 0x2ed6e46a:
    case 0x242bc73f:
      return "Fashion-MNIST";
    default:
      return "";
  }
}

std::vector<uint8_t> read_images(const std::filesystem::path& file, size_t label_count,
                                 const std::filesystem::path& labels_file) {
  constexpr std::array kImage = {kSide, kSide};
  std::vector<uint8_t> pixels = read_idx(file, kImage);
  const size_t count = pixels.size() / (kSide * kSide);
  if (count == 0) throw corrupt(file, "at least one image", "none");
  if (count != label_count)
    throw corrupt(labels_file, fmt::format("{} labels, one for each image beside them", count),
                  std::to_string(label_count));
  return pixels;
}

void check_labels(const std::filesystem::path& file, const std::vector<uint8_t>& labels, size_t class_count) {
  const auto wrong = std::ranges::find_if(labels, [&](uint8_t label) { return label >= class_count; });
  if (wrong == labels.end()) return;
  throw corrupt(file, fmt::format("labels from 0 to {}", class_count - 1),
                fmt::format("{} at position {}", *wrong, wrong - labels.begin()));
}

}  // namespace

IdxDataset::IdxDataset(IdxCollection collection, std::vector<std::string> roots)
    : collection_(std::move(collection)), places_{std::move(roots), collection_.folders} {}

DatasetInfo IdxDataset::describe() { return {1, kSide, kSide, collection_.class_names}; }

Images IdxDataset::load(Split split) {
  const std::string prefix = split == Split::kTrain ? "train" : "t10k";
  const std::string images_name = prefix + "-images-idx3-ubyte";
  const std::string labels_name = prefix + "-labels-idx1-ubyte";
  std::string passed_over;
  for (const std::filesystem::path& folder : places_.list()) {
    const auto images_file = find_file(folder, images_name);
    const auto labels_file = find_file(folder, labels_name);
    if (!images_file && !labels_file) continue;
    if (!images_file || !labels_file) {
      passed_over += fmt::format("{} has no {}; ", folder.string(), images_file ? labels_name : images_name);
      continue;
    }
    const std::vector<uint8_t> labels = read_idx(*labels_file, {});
    if (const std::string title = published_title(labels); !title.empty() && title != collection_.title) {
      passed_over += fmt::format("{} holds {}; ", folder.string(), title);
      continue;
    }
    check_labels(*labels_file, labels, collection_.class_names.size());
    return {read_images(*images_file, labels.size(), *labels_file), {labels.begin(), labels.end()}};
  }
  throw datasets::not_found(collection_.title,
                            fmt::format("both {} and {}, each plain or .gz", images_name, labels_name),
                            passed_over, collection_.how_to_get, places_);
}

}  // namespace twopass::idx
