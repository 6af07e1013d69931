// SVHN, cropped digits: house numbers in photographs of streets (Netzer et al. 2011, Reading Digits in
// Natural Images with Unsupervised Feature Learning). MATLAB files, as the publisher and torchvision keep
// them.

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "files/dataset_files.hpp"
#include "mat_file.hpp"
#include "twopass/dataset.hpp"

namespace {

using namespace twopass;
using datasets::corrupt;

constexpr size_t kSide = 32, kPlane = kSide * kSide, kChannels = 3, kImage = kChannels * kPlane;

std::vector<int32_t> read_labels(const svhn::MatFile& file) {
  std::vector<int32_t> labels;
  for (const double number : file.read_numbers("y")) {
    const bool valid = number >= 1 && number <= 10 && number == static_cast<int>(number);
    if (!valid)
      throw corrupt(file.path(), "labels from 1 to 10, which is the digit 0",
                    fmt::format("{} at position {}", number, labels.size()));
    labels.push_back(static_cast<int32_t>(number) % 10);
  }
  return labels;
}

// MATLAB stores columns where we store rows.
void transpose_planes(std::span<uint8_t> pixels) {
  for (size_t plane = 0; plane < pixels.size(); plane += kPlane)
    for (size_t row = 0; row < kSide; ++row)
      for (size_t column = 0; column < row; ++column)
        std::swap(pixels[plane + row * kSide + column], pixels[plane + column * kSide + row]);
}

void append(Images& images, const std::filesystem::path& path) {
  const svhn::MatFile file(path);
  const std::vector<int32_t> labels = read_labels(file);
  const std::vector<size_t> expected = {kSide, kSide, kChannels, labels.size()};
  std::vector<size_t> dimensions = file.dimensions("X");
  if (dimensions.size() == 3) dimensions.push_back(1);  // MATLAB drops a last dimension of one
  if (labels.empty() || dimensions != expected)
    throw corrupt(path, fmt::format("'X' of 32x32x3xN and N labels in 'y'"),
                  fmt::format("{} and {} labels", fmt::join(dimensions, "x"), labels.size()));
  images.labels.insert(images.labels.end(), labels.begin(), labels.end());
  const size_t before = images.pixels.size();
  images.pixels.resize(before + labels.size() * kImage);
  const std::span added = std::span(images.pixels).subspan(before);
  file.read_bytes("X", added);
  transpose_planes(added);
}

class Svhn : public Dataset {
 public:
  static constexpr Option kOptions[] = {
      boolean("extra", "false",
              "Whether the training split ends with the 531131 easier images of extra_32x32.mat."),
  };
  static std::span<const Option> options() { return kOptions; }

  Svhn(const Values& values, const Host&)
      : extra_(values.boolean("extra")), places_{values.texts("roots"), {"SVHN", "svhn", "."}} {}

  DatasetInfo describe() override {
    return {kChannels, kSide, kSide, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}};
  }

  Images load(Split split) override {
    Images images;
    append(images, find(split == Split::kTrain ? "train_32x32.mat" : "test_32x32.mat"));
    if (split == Split::kTrain && extra_) append(images, find("extra_32x32.mat"));
    return images;
  }

 private:
  std::filesystem::path find(const std::string& name) const {
    for (const std::filesystem::path& folder : places_.list())
      if (datasets::is_file(folder / name)) return folder / name;
    throw datasets::not_found("SVHN", name, "",
                              "fetch it with `twopass data get svhn" +
                                  std::string(name.starts_with("extra") ? " --all" : "") +
                                  "`, or name the folder that holds it in dataset.root or TWOPASS_DATA_ROOT",
                              places_);
  }

  bool extra_;
  datasets::Places places_;
};

}  // namespace

TWOPASS_PLUGIN(Svhn, "svhn", "1.0.0",
               "House numbers, cropped digits: 32x32 colour, 10 classes, 73257 + 26032 images.")
