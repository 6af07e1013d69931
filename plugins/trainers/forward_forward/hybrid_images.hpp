#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "twopass/trainer.hpp"

namespace twopass::forward_forward {

// A mask [height * width] of 0 and 1 with patches of both: `bits` (0 or 1, of the same shape) blurred `blurs`
// times by [1/4, 1/2, 1/4] along rows and along columns; 1 where the result is above 1/2 (Hinton 2022,
// section 3.2). Beyond an edge the outermost pixel goes on, so that neither value is favoured there.
std::vector<uint8_t> blurred_mask(std::span<const uint8_t> bits, int64_t height, int64_t width,
                                  int64_t blurs);

// Positives and negatives without labels (Hinton 2022, section 3.2): the images of a batch as they are, and
// as many hybrids mask * image + (1 - mask) * another image of the batch. Stacked as [2 * batch size] rows,
// positives above. Nothing is shared by the two halves, so there is no product to save.
//
// An epoch has a bank of kMasks masks, and each row draws one. A mask for each row would be tens of megabytes
// to upload and take as long to blur as a GPU's whole epoch; a bank of an epoch is drawn in milliseconds, and
// no mask meets the same two images twice.
class HybridImages {
 public:
  static constexpr int64_t kMasks = 1024;

  // Throws Error when a batch is a single image.
  HybridImages(const TrainerTask& task, int64_t blurs);

  void draw(const Epoch& epoch) const;
  // Value of the slot given to record_input: where the step's partners and masks begin.
  double offset(int64_t step) const { return static_cast<double>(step * task_.batch_size()); }
  // The first layer's input [2 * batch size, inputs], normalised.
  Tensor record_input(Program& program, Slot offset) const;

 private:
  TrainerTask task_;
  int64_t blurs_;
  Tensor masks_;                   // u8 [kMasks, height * width]; one mask for all channels
  Tensor mask_choice_, partners_;  // i32 [all steps of an epoch, 1]: row of masks_, row of the batch
};

}  // namespace twopass::forward_forward
