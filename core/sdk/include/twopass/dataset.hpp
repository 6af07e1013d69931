#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "twopass/plugin.hpp"

namespace twopass {

struct DatasetInfo {
  int64_t channels = 1, height = 0, width = 0;
  std::vector<std::string> class_names;  // their number is the number of classes
};

enum class Split { kTrain = TWOPASS_TRAIN, kTest = TWOPASS_TEST };

struct Images {
  std::vector<uint8_t> pixels;  // [count, channels, height, width]
  std::vector<int32_t> labels;  // [count], in [0, classes)
};

// Labelled images of one size with a published train/test split.
//
// The values given to the constructor hold, besides the plugin's own options, the text list `roots`: existing
// folders to look in, best first (the dataset's `root` option, TWOPASS_DATA_ROOT, ./data, the user's data
// folder, /usr/share/datasets).
class Dataset {
 public:
  static constexpr twopass_kind kKind = TWOPASS_DATASET;
  virtual ~Dataset() = default;

  // Shape and classes. Reads no pixels; may be called before any file is there if the format fixes the
  // answer.
  virtual DatasetInfo describe() = 0;

  // The whole split, in the published order; repeatable, and the host is done with what an earlier call for
  // the same split returned. Throws Error with TWOPASS_NOT_FOUND (naming what was looked for, where, and how
  // to get it) or TWOPASS_CORRUPT (naming file and mismatch).
  virtual Images load(Split split) = 0;

  class Instance {
   public:
    explicit Instance(std::unique_ptr<Dataset> dataset) : dataset_(std::move(dataset)) {}

    void describe(twopass_dataset_info& out) {
      info_ = dataset_->describe();
      names_ = abi::pointers(info_.class_names);
      out = {sizeof(twopass_dataset_info),
             static_cast<int32_t>(names_.size()),
             info_.channels,
             info_.height,
             info_.width,
             names_.data()};
    }
    void load(uint32_t split, twopass_images& out) {
      Images& images = images_.at(split);
      images = dataset_->load(static_cast<Split>(split));
      out = {sizeof(twopass_images),
             0,
             static_cast<int64_t>(images.labels.size()),
             images.pixels.data(),
             images.labels.data(),
             images.pixels.size()};
    }

   private:
    std::unique_ptr<Dataset> dataset_;
    DatasetInfo info_;
    std::vector<const char*> names_;
    std::array<Images, 2> images_;
  };

  static constexpr twopass_dataset_api kApi = {
      sizeof(twopass_dataset_api), 0,
      [](void* self, twopass_dataset_info* info, twopass_error* error) {
        return abi::guard(error, [&] { static_cast<Instance*>(self)->describe(*info); });
      },
      [](void* self, uint32_t split, twopass_images* images, twopass_error* error) {
        return abi::guard(error, [&] { static_cast<Instance*>(self)->load(split, *images); });
      }};
};

}  // namespace twopass
