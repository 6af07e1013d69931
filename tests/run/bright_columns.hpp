#pragma once

#include "twopass/dataset.hpp"
#include "twopass/random.hpp"

namespace twopass::test {

inline constexpr int64_t kHeight = 8, kWidth = 6;

// A split that needs no file: 300 training or 100 test images of 8x6 pixels, dark but for noise and one
// bright column, which `column_of(label)` names.
template <class ColumnOf>
Images bright_columns(Split split, uint32_t classes, const ColumnOf& column_of) {
  Random random(0, Purpose::kFirstUser, static_cast<uint64_t>(split));
  Images images;
  for (int count = split == Split::kTrain ? 300 : 100; count > 0; --count) {
    const auto label = static_cast<int32_t>(random.below(classes));
    const int64_t bright = column_of(label);
    for (int64_t pixel = 0; pixel < kHeight * kWidth; ++pixel)
      images.pixels.push_back(
          static_cast<uint8_t>((pixel % kWidth == bright ? 150U : 0U) + random.below(100)));
    images.labels.push_back(label);
  }
  return images;
}

}  // namespace twopass::test
