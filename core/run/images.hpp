#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <vector>

#include "host/instance.hpp"
#include "twopass/device.hpp"

namespace twopass::run {

class Wiring;

// The images of one split, in the memory of this process.
struct ImagesInMemory {
  int64_t count = 0;
  std::span<const uint8_t> pixels;  // [count, image size]
  std::span<const int32_t> labels;
  Tensor on_device;                 // the pixels once upload() was called
  std::vector<uint8_t> own_pixels;  // behind the spans when a subset was chosen
  std::vector<int32_t> own_labels;

  ImagesInMemory() = default;
  ImagesInMemory(ImagesInMemory&&) = default;  // a copy's spans would point into the original
  ImagesInMemory& operator=(ImagesInMemory&&) = default;
};

// Loads a split; `size` > 0 keeps that many images, chosen by `seed` alone. Throws Error when there are
// fewer.
ImagesInMemory load_images(const host::Dataset& dataset, Split split, int64_t size, uint64_t seed);

// Puts the pixels on a device, for all passes over them.
void upload(Device device, ImagesInMemory& images);

struct Splits {
  ImagesInMemory train, test;
};

// Both splits of a dataset, as its options train_size, test_size and validation_size ask for. Throws Error at
// the option that asks for too many.
Splits load_splits(const host::Dataset& dataset, const Values& sizes, uint64_t seed);

// All images of a run.
struct RunImages {
  Splits pretraining;
  std::optional<Splits> transfer;  // when the probes have a dataset of their own

  const Splits& probed() const { return transfer ? *transfer : pretraining; }
};

// Those that the pipeline asks for. Throws InvalidPipeline when there are fewer than it needs.
RunImages load_images(const Wiring& wiring);
void upload(Device device, RunImages& images);

// SHA-256 of every split's pixels and labels: {"dataset": {"train": ..., "test": ...}} and, when the probes
// have one of their own, "transfer_dataset".
nlohmann::json checksums(const RunImages& images);

}  // namespace twopass::run
