#include "forward_forward/hybrid_images.hpp"

#include <algorithm>

namespace twopass::forward_forward {
namespace {

// values[first], values[first + stride], ... : `count` of them, blurred by [1/4, 1/2, 1/4] in place.
void blur_line(std::vector<double>& values, int64_t first, int64_t stride, int64_t count) {
  const auto at = [&](int64_t index) -> double& {
    return values[static_cast<size_t>(first + index * stride)];
  };
  double before = at(0);
  for (int64_t index = 0; index < count; ++index) {
    const double here = at(index);
    const double after = index + 1 < count ? at(index + 1) : here;
    at(index) = before / 4 + here / 2 + after / 4;
    before = here;
  }
}

}  // namespace

std::vector<uint8_t> blurred_mask(std::span<const uint8_t> bits, int64_t height, int64_t width,
                                  int64_t blurs) {
  std::vector<double> values(bits.begin(), bits.end());
  for (int64_t blur = 0; blur < blurs; ++blur) {
    for (int64_t row = 0; row < height; ++row) blur_line(values, row * width, 1, width);
    for (int64_t column = 0; column < width; ++column) blur_line(values, column, width, height);
  }
  std::vector<uint8_t> mask(values.size());
  std::ranges::transform(values, mask.begin(), [](double value) { return value > 0.5 ? 1 : 0; });
  return mask;
}

HybridImages::HybridImages(const TrainerTask& task, int64_t blurs) : task_(task), blurs_(blurs) {
  if (task.batch_size() < 2)
    throw Error("hybrid images are made of two images of a batch; a batch of 1 has no other image",
                TWOPASS_INVALID_ARGUMENT, "batch_size");
  const int64_t rows = task.steps_per_epoch * task.batch_size();
  masks_ = task.device.tensor("masks", TWOPASS_INPUT, kMasks, task.height * task.width, TWOPASS_U8);
  mask_choice_ = task.device.tensor("mask_choice", TWOPASS_INPUT, rows, 1, TWOPASS_I32);
  partners_ = task.device.tensor("partners", TWOPASS_INPUT, rows, 1, TWOPASS_I32);
}

void HybridImages::draw(const Epoch& epoch) const {
  const auto stream = static_cast<uint64_t>(epoch.epoch);
  Random mask_random(epoch.seed, Purpose::kMask, stream);
  std::vector<uint8_t> masks, bits(static_cast<size_t>(task_.height * task_.width));
  for (int64_t index = 0; index < kMasks; ++index) {
    for (uint8_t& bit : bits) bit = static_cast<uint8_t>(mask_random.below(2));
    const std::vector<uint8_t> mask = blurred_mask(bits, task_.height, task_.width, blurs_);
    masks.insert(masks.end(), mask.begin(), mask.end());
  }
  Random partner_random(epoch.seed, Purpose::kPartner, stream);
  std::vector<int32_t> choice, partners;
  for (size_t row = 0; row < epoch.labels.size(); ++row) {
    const auto self = static_cast<int32_t>(row % static_cast<size_t>(task_.batch_size()));
    const auto other =
        static_cast<int32_t>(partner_random.below(static_cast<uint32_t>(task_.batch_size() - 1)));
    partners.push_back(other < self ? other : other + 1);
    choice.push_back(static_cast<int32_t>(mask_random.below(static_cast<uint32_t>(kMasks))));
  }
  task_.device.upload(masks_, masks);
  task_.device.upload(mask_choice_, choice);
  task_.device.upload(partners_, partners);
}

Tensor HybridImages::record_input(Program& program, Slot offset) const {
  const Tensor& images = task_.train_images;
  const int64_t batch = images.rows(), pixels = masks_.columns();
  const Tensor bytes = program.temp("mask.bytes", batch, pixels, TWOPASS_U8);
  program.gather_rows(masks_, mask_choice_, bytes, offset);
  const Tensor mask = program.temp("mask", batch, images.columns());
  for (int64_t channel = 0; channel < task_.channels; ++channel)
    program.copy(bytes, mask.column_range(channel * pixels, pixels));
  const Tensor other = program.temp("partner", batch, images.columns());
  program.gather_rows(images, partners_, other, offset);

  Tensor input = program.temp("input", 2 * batch, images.columns());
  const Tensor positive = input.row_range(0, batch), negative = input.row_range(batch, batch);
  program.select(mask, images, other, negative);
  const twopass_normalization kind = task_.network.normalization_of(0);
  program.row_normalize(kind, images, positive, Tensor(), task_.network.epsilon);
  program.row_normalize(kind, negative, negative, Tensor(), task_.network.epsilon);
  return input;
}

}  // namespace twopass::forward_forward
