#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/instance.hpp"
#include "run/images.hpp"
#include "twopass/device.hpp"
#include "twopass/random.hpp"

namespace twopass::run {

// One pass over images: which of them, in which order, under which pixel map, with which label.
// A label of -1 marks a row that only fills up the last batch.
struct Order {
  std::vector<int32_t> rows, maps, labels;
  std::vector<uint64_t> keys{};  // for a task that is no map of pixels: what each row's randomness comes from
};

// Assembles batches on the device: the images are uploaded once as bytes; per batch, rows are gathered,
// pixels moved by the pretext task's maps and scaled to [0, 1].
class Batches {
 public:
  // The images must have been uploaded unless the task transforms them. Fills `images_out` [batch, task
  // inputs] and, if given, `labels_out` i32 [batch, 1]. `pass_rows` is the largest number of rows of one
  // pass, a multiple of the batch. `task` absent: the images as they are.
  Batches(Device device, const ImagesInMemory& images, const Task* task, const host::Pretext* pretext,
          const Tensor& images_out, const Tensor& labels_out, int64_t pass_rows);

  // Uploads the order of a pass. For a pretext task that is no map of pixels this transforms every image and
  // sets the labels.
  void begin_pass(Order& order);
  // Assembles the batch that begins at row `first` of the pass.
  void load(int64_t first) const { program_.run({static_cast<double>(first)}); }

 private:
  CompiledProgram record(const Task* task, const Tensor& images_out, const Tensor& labels_out);
  void transform(Order& order) const;

  Device device_;
  const ImagesInMemory* images_;
  const host::Pretext* pretext_ = nullptr;  // set when images are transformed here, not moved by maps
  int64_t inputs_ = 0;
  Tensor pixels_, rows_, maps_, labels_;  // pixels_: the split, or the transformed pass
  CompiledProgram program_;
};

// `count` rounded up to whole batches: the rows of a pass that loses none.
inline int64_t whole_batches(int64_t count, int64_t batch) { return (count + batch - 1) / batch * batch; }

// One training pass: shuffled, cut to whole batches, a transform drawn for every image; all from (seed,
// epoch) alone. Without `redraw` each image's transform is the same in all epochs, so from the seed alone.
Order training_order(const ImagesInMemory& images, const Task& task, int64_t batch, uint64_t seed,
                     int64_t epoch, bool redraw);
// The same for every seed: each image once, under a fixed transform.
Order evaluation_order(const ImagesInMemory& images, const Task* task, int64_t batch);

}  // namespace twopass::run
