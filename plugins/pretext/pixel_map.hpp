#pragma once

// What the tasks that move pixels share.

#include <cstdint>
#include <string>
#include <vector>

#include "twopass/pretext.hpp"

namespace twopass {

struct Pixel {
  int64_t row, column;
};

// The map of a task that moves every channel alike: output pixel (row, column) comes from source(row,
// column), a Pixel. Output and source have the dataset's shape.
template <class Source>
std::vector<int32_t> pixel_map(const DatasetInfo& images, Source source) {
  std::vector<int32_t> map;
  map.reserve(static_cast<size_t>(images.channels * images.height * images.width));
  for (int64_t channel = 0; channel < images.channels; ++channel)
    for (int64_t row = 0; row < images.height; ++row)
      for (int64_t column = 0; column < images.width; ++column) {
        const Pixel from = source(row, column);
        map.push_back(
            static_cast<int32_t>((channel * images.height + from.row) * images.width + from.column));
      }
  return map;
}

// "3x32x32": channels, height, width.
inline std::string shape_text(const DatasetInfo& images) {
  return std::to_string(images.channels) + "x" + std::to_string(images.height) + "x" +
         std::to_string(images.width);
}

}  // namespace twopass
