#include "run/images.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "pipeline/sha256.hpp"
#include "run/wiring.hpp"
#include "twopass/random.hpp"

namespace twopass::run {
namespace {

Splits load_splits(const host::Dataset& dataset, const pipeline::Section& section, uint64_t seed) {
  const Values options = section.values.typed();
  return {load_images(dataset, Split::kTrain, options.integer("train_size"), seed),
          load_images(dataset, Split::kTest, options.integer("test_size"), 0)};
}

void require_a_batch(const pipeline::Pipeline& pipeline, const char* section, const Values& options,
                     const Splits& images) {
  if (images.train.count >= options.integer("batch_size")) return;
  throw pipeline::InvalidPipeline(
      {pipeline.locate(section, "batch_size",
                       fmt::format("the dataset has {} training images, fewer than a batch of {}",
                                   images.train.count, options.integer("batch_size")))});
}

void upload(Device device, Splits& images) {
  upload(device, images.train);
  upload(device, images.test);
}

std::string checksum(const ImagesInMemory& images) {
  const std::string_view labels(reinterpret_cast<const char*>(images.labels.data()),
                                images.labels.size_bytes());
  const std::string_view pixels(reinterpret_cast<const char*>(images.pixels.data()), images.pixels.size());
  return pipeline::sha256_hex(pipeline::sha256_hex(pixels) + pipeline::sha256_hex(labels));
}

nlohmann::json checksums(const Splits& images) {
  return {{"train", checksum(images.train)}, {"test", checksum(images.test)}};
}

}  // namespace

ImagesInMemory load_images(const host::Dataset& dataset, Split split, int64_t size, uint64_t seed) {
  const host::ImageSet set = dataset.load(split);
  ImagesInMemory images;
  images.count = set.count;
  images.pixels = set.pixels;
  images.labels = set.labels;
  if (size == 0 || size == set.count) return images;
  if (size > set.count)
    throw Error(fmt::format("the dataset has {} images in its {} split, not {}", set.count,
                            split == Split::kTrain ? "training" : "test", size),
                TWOPASS_INVALID_ARGUMENT, split == Split::kTrain ? "train_size" : "test_size");
  std::vector<int32_t> chosen =
      Random(seed, Purpose::kSubset, static_cast<uint64_t>(split)).permutation(set.count);
  chosen.resize(static_cast<size_t>(size));
  const size_t image_size = set.pixels.size() / static_cast<size_t>(set.count);
  for (const int32_t row : chosen) {
    const auto image = set.pixels.subspan(static_cast<size_t>(row) * image_size, image_size);
    images.own_pixels.insert(images.own_pixels.end(), image.begin(), image.end());
    images.own_labels.push_back(set.labels[static_cast<size_t>(row)]);
  }
  images.count = size;
  images.pixels = images.own_pixels;
  images.labels = images.own_labels;
  return images;
}

void upload(Device device, ImagesInMemory& images) {
  images.on_device = device.tensor(
      "pixels", TWOPASS_INPUT, images.count,
      static_cast<int64_t>(images.pixels.size()) / std::max<int64_t>(images.count, 1), TWOPASS_U8);
  device.upload_rows(images.on_device, 0, images.pixels);
}

RunImages load_images(const Wiring& wiring) {
  const pipeline::Pipeline& pipeline = wiring.pipeline;
  RunImages images;
  at_section(pipeline, "dataset",
             [&] { images.pretraining = load_splits(*wiring.dataset, pipeline.dataset, pipeline.seed); });
  if (pipeline.transfer_dataset)
    at_section(pipeline, "transfer.dataset", [&] {
      images.transfer = load_splits(*wiring.transfer_dataset, *pipeline.transfer_dataset, pipeline.seed);
    });
  require_a_batch(pipeline, "trainer", pipeline.trainer.values.typed(), images.pretraining);
  require_a_batch(pipeline, "transfer", pipeline.transfer.typed(), images.probed());
  if (wiring.probes_pretext())
    require_a_batch(pipeline, "transfer", pipeline.transfer.typed(), images.pretraining);
  return images;
}

void upload(Device device, RunImages& images) {
  upload(device, images.pretraining);
  if (images.transfer) upload(device, *images.transfer);
}

nlohmann::json checksums(const RunImages& images) {
  nlohmann::json result{{"dataset", checksums(images.pretraining)}};
  if (images.transfer) result["transfer_dataset"] = checksums(*images.transfer);
  return result;
}

}  // namespace twopass::run
