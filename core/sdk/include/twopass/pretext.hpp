#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "twopass/dataset.hpp"
#include "twopass/plugin.hpp"
#include "twopass/random.hpp"

namespace twopass {

// What a pretext task makes of a dataset: images of this shape, labels in [0, class_names.size()).
struct Task {
  int64_t channels = 1, height = 0, width = 0;
  std::vector<std::string> class_names;
  twopass_label_source label_source = TWOPASS_LABEL_IS_MAP;
  // For a task that only moves pixels: maps[m][p] is the source pixel of output pixel p (both count through
  // [channels, height, width]), -1 for black. The class of an image is the number of its map, or the
  // dataset's label with TWOPASS_LABEL_OF_DATASET (then there is exactly one map). Empty: the task overrides
  // `transform`.
  std::vector<std::vector<int32_t>> maps;
};

// A task whose labels come from the images themselves.
class Pretext {
 public:
  static constexpr twopass_kind kKind = TWOPASS_PRETEXT;
  virtual ~Pretext() = default;

  // Pure. Throws Error that names the shape when the task cannot serve such images.
  virtual Task negotiate(const DatasetInfo& dataset) = 0;

  // For tasks that are no map of pixels: writes one transformed image and returns its label. All randomness
  // must come from `random`, which is fresh for each (seed, epoch, image), or with `redraw: false` for each
  // (seed, image). Called after negotiate.
  virtual int32_t transform(std::span<const uint8_t> image, int32_t label, Random& random,
                            std::span<uint8_t> out) {
    (void)image, (void)label, (void)random, (void)out;
    throw Error("the pretext task has neither maps nor a transform", TWOPASS_INTERNAL);
  }

  class Instance {
   public:
    explicit Instance(std::unique_ptr<Pretext> pretext) : pretext_(std::move(pretext)) {}

    void negotiate(const twopass_dataset_info& dataset, twopass_task& out) {
      DatasetInfo info{dataset.channels, dataset.height, dataset.width, {}};
      for (int32_t label = 0; label < dataset.class_count; ++label)
        info.class_names.emplace_back(dataset.class_names != nullptr ? dataset.class_names[label]
                                                                     : std::to_string(label));
      source_pixels_ = static_cast<size_t>(info.channels * info.height * info.width);
      task_ = pretext_->negotiate(info);
      names_ = abi::pointers(task_.class_names);
      out = {sizeof(twopass_task),
             static_cast<int32_t>(names_.size()),
             task_.channels,
             task_.height,
             task_.width,
             static_cast<uint32_t>(task_.label_source),
             static_cast<uint32_t>(task_.maps.size()),
             names_.data()};
    }
    void maps(int32_t* out) {
      for (const std::vector<int32_t>& map : task_.maps) {
        if (map.size() != pixels()) throw Error("a pixel map has the wrong size", TWOPASS_INTERNAL);
        out = std::copy(map.begin(), map.end(), out);
      }
    }
    int32_t transform(const uint8_t* image, int32_t label, uint64_t key, uint8_t* out) {
      Random random(key, Purpose::kTransform);
      return pretext_->transform({image, source_pixels_}, label, random, {out, pixels()});
    }

   private:
    size_t pixels() const { return static_cast<size_t>(task_.channels * task_.height * task_.width); }

    std::unique_ptr<Pretext> pretext_;
    size_t source_pixels_ = 0;
    Task task_;
    std::vector<const char*> names_;
  };

  static constexpr twopass_pretext_api kApi = {
      sizeof(twopass_pretext_api), 0,
      [](void* self, const twopass_dataset_info* dataset, twopass_task* task, twopass_error* error) {
        return abi::guard(error, [&] { static_cast<Instance*>(self)->negotiate(*dataset, *task); });
      },
      [](void* self, int32_t* maps, twopass_error* error) {
        return abi::guard(error, [&] { static_cast<Instance*>(self)->maps(maps); });
      },
      [](void* self, const uint8_t* image, int32_t label, uint64_t random, uint8_t* out_image,
         int32_t* out_label, twopass_error* error) {
        return abi::guard(error, [&] {
          *out_label = static_cast<Instance*>(self)->transform(image, label, random, out_image);
        });
      }};
};

}  // namespace twopass
