#include "run/images.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "pipeline/sha256.hpp"
#include "run/wiring.hpp"
#include "twopass/random.hpp"

namespace twopass::run {
namespace {

// Of Purpose::kSubset: those of the splits come first.
constexpr uint64_t kValidationStream = 2;

ImagesInMemory copy(const host::ImageSet& set, std::span<const int32_t> rows) {
  const size_t image_size = set.pixels.size() / static_cast<size_t>(set.count);
  ImagesInMemory images;
  images.own_pixels.reserve(rows.size() * image_size);
  for (const int32_t row : rows) {
    const auto image = set.pixels.subspan(static_cast<size_t>(row) * image_size, image_size);
    images.own_pixels.insert(images.own_pixels.end(), image.begin(), image.end());
    images.own_labels.push_back(set.labels[static_cast<size_t>(row)]);
  }
  images.count = std::ssize(rows);
  images.pixels = images.own_pixels;
  images.labels = images.own_labels;
  return images;
}

[[noreturn]] void refuse_size(const std::string& what, int64_t size, const char* option) {
  throw Error(fmt::format("the dataset has {}, not {}", what, size), TWOPASS_INVALID_ARGUMENT, option);
}

// Images of the training split for both: what is held out is the same for every seed, and what is trained on
// is chosen among the others.
Splits hold_out(const host::ImageSet& set, int64_t held_out, int64_t train_size, uint64_t seed) {
  if (held_out >= set.count)
    refuse_size(fmt::format("{} images in its training split, of which some must be left", set.count),
                held_out, "validation_size");
  const std::vector<int32_t> order = Random(0, Purpose::kSubset, kValidationStream).permutation(set.count);
  std::vector<int32_t> train(order.begin() + held_out, order.end());
  std::ranges::sort(train);
  if (train_size > std::ssize(train))
    refuse_size(fmt::format("{} training images beside those for validation", train.size()), train_size,
                "train_size");
  if (train_size > 0 && train_size < std::ssize(train)) {
    Random(seed, Purpose::kSubset, TWOPASS_TRAIN).shuffle(std::span(train));
    train.resize(static_cast<size_t>(train_size));
  }
  return {copy(set, train), copy(set, std::span(order).first(static_cast<size_t>(held_out)))};
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
  if (size == 0 || size == set.count) {
    ImagesInMemory images;
    images.count = set.count;
    images.pixels = set.pixels;
    images.labels = set.labels;
    return images;
  }
  const bool trains = split == Split::kTrain;
  if (size > set.count)
    refuse_size(fmt::format("{} images in its {} split", set.count, trains ? "training" : "test"), size,
                trains ? "train_size" : "test_size");
  std::vector<int32_t> order =
      Random(seed, Purpose::kSubset, static_cast<uint64_t>(split)).permutation(set.count);
  order.resize(static_cast<size_t>(size));
  return copy(set, order);
}

Splits load_splits(const host::Dataset& dataset, const Values& sizes, uint64_t seed) {
  const int64_t train_size = sizes.integer("train_size"), test_size = sizes.integer("test_size"),
                held_out = sizes.integer("validation_size");
  if (held_out == 0)
    return {load_images(dataset, Split::kTrain, train_size, seed),
            load_images(dataset, Split::kTest, test_size, 0)};
  return hold_out(dataset.load(Split::kTrain), held_out, train_size, seed);
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
  at_section(pipeline, "dataset", [&] {
    images.pretraining = load_splits(*wiring.dataset, pipeline.dataset.values.typed(), pipeline.seed);
  });
  if (pipeline.transfer_dataset)
    at_section(pipeline, "transfer.dataset", [&] {
      images.transfer =
          load_splits(*wiring.transfer_dataset, pipeline.transfer_dataset->values.typed(), pipeline.seed);
    });
  const int64_t trained = images.pretraining.train.count, probed = images.probed().train.count;
  require_a_batch(pipeline, trained, wiring.probes_pretext() ? std::min(trained, probed) : probed);
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
