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
constexpr Layout kLayouts[] = {{".bin", cifar10::read_binary_batch}, {"", cifar10::read_pickled_batch}};

std::vector<std::string> batch_names(Split split) {
  if (split == Split::kTest) return {"test_batch"};
  return {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"};
}

void append(Images& images, const Images& batch) {
  images.pixels.insert(images.pixels.end(), batch.pixels.begin(), batch.pixels.end());
  images.labels.insert(images.labels.end(), batch.labels.begin(), batch.labels.end());
}

// Batches are of one size. One that breaks off between two records shows in nothing else.
void check_count(size_t count, size_t expected, const std::filesystem::path& file) {
  if (count != expected)
    throw datasets::corrupt(file, fmt::format("{} images, as in the batches before", expected),
                            std::to_string(count));
}

Images read_batches(const Layout& layout, const Paths& files) {
  Images images = layout.read(files.front());
  const size_t count = images.labels.size();
  images.pixels.reserve(images.pixels.size() * files.size());
  for (size_t index = 1; index < files.size(); ++index) {
    const Images batch = layout.read(files[index]);
    check_count(batch.labels.size(), count, files[index]);
    append(images, batch);
  }
  return images;
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
        if (missing.empty()) return read_batches(layout, files);
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
