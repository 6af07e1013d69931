// CIFAR-10: photographs of ten kinds of things (Krizhevsky 2009, Learning Multiple Layers of Features from
// Tiny Images), in the publisher's binary layout or in the pickled one that torchvision keeps.

#include <fmt/format.h>

#include <utility>

#include "batch.hpp"
#include "files/dataset_files.hpp"

namespace {

using namespace twopass;
using cifar10::kSide;
using Paths = std::vector<std::filesystem::path>;

struct Layout {
  const char* ending;  // of the batches' names
  Images (*read)(const std::filesystem::path&);
};
constexpr const char* kBinary = ".bin";
constexpr Layout kLayouts[] = {{kBinary, cifar10::read_binary_batch}, {"", cifar10::read_pickled_batch}};

std::vector<std::string> batch_names(Split split) {
  if (split == Split::kTest) return {"test_batch"};
  return {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"};
}

void append(Images& images, const Images& batch) {
  images.pixels.insert(images.pixels.end(), batch.pixels.begin(), batch.pixels.end());
  images.labels.insert(images.labels.end(), batch.labels.begin(), batch.labels.end());
}

Images read_batches(const Layout& layout, const Paths& files) {
  Images images;
  for (const std::filesystem::path& file : files) append(images, layout.read(file));
  return images;
}

// All six files are of one size. One that breaks off between two records shows in nothing else.
void check_sizes(const std::filesystem::path& folder, const Paths& files) {
  std::filesystem::path largest = files.front();
  for (const Split split : {Split::kTrain, Split::kTest})
    for (const std::string& name : batch_names(split))
      if (const std::filesystem::path file = folder / (name + kBinary);
          datasets::is_file(file) && file_size(file) > file_size(largest))
        largest = file;
  for (const std::filesystem::path& file : files)
    if (file_size(file) != file_size(largest))
      throw datasets::corrupt(
          file, fmt::format("{} bytes, as {} has", file_size(largest), largest.filename().string()),
          std::to_string(file_size(file)));
}

class Cifar10 : public Dataset {
 public:
  static std::span<const Option> options() { return {}; }

  Cifar10(const Values& values, const Host&)
      : places_{values.texts("roots"),
                {"cifar-10-batches-bin", "cifar-10-batches-py", "cifar10/cifar-10-batches-bin",
                 "cifar10/cifar-10-batches-py", "CIFAR10/cifar-10-batches-bin", "CIFAR10/cifar-10-batches-py",
                 "cifar10", "."}} {}

  DatasetInfo describe() override {
    return {cifar10::kChannels,
            kSide,
            kSide,
            {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}};
  }

  Images load(Split split) override {
    const std::vector<std::string> names = batch_names(split);
    std::string passed_over;
    for (const std::filesystem::path& folder : places_.list())
      for (const Layout& layout : kLayouts) {
        Paths files;
        std::string missing;
        for (const std::string& name : names) {
          std::filesystem::path file = folder / (name + layout.ending);
          if (datasets::is_file(file))
            files.push_back(std::move(file));
          else if (missing.empty())
            missing = name + layout.ending;
        }
        if (missing.empty()) {
          if (layout.ending == kBinary) check_sizes(folder, files);
          return read_batches(layout, files);
        }
        if (!files.empty()) passed_over += fmt::format("{} has no {}; ", folder.string(), missing);
      }
    const std::string wanted = names.size() > 1 ? names.front() + " to " + names.back() : names.front();
    throw datasets::not_found("CIFAR-10", wanted + ", each pickled or as .bin", passed_over,
                              "fetch it with `twopass data get cifar10`, or name the parent folder of "
                              "cifar-10-batches-bin or -py in dataset.root or TWOPASS_DATA_ROOT",
                              places_);
  }

 private:
  datasets::Places places_;
};

}  // namespace

TWOPASS_PLUGIN(Cifar10, "cifar10", "1.0.0",
               "Photographs of animals and vehicles: 32x32 colour, 10 classes, 50000 + 10000 images.")
