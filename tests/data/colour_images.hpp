#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "idx_writer.hpp"

// Small stand-ins for SVHN and CIFAR-10: 32x32 colour images made by a formula, which colour_fixtures.py
// repeats.
namespace twopass::test {

// No two images are alike, no two channels, and no image is its own transpose.
inline uint8_t colour_pixel(size_t image, size_t channel, size_t row, size_t column) {
  return static_cast<uint8_t>(image * 7 + channel * 50 + row * 3 + column * 11);
}

// [count, 3, 32, 32] from image `first` on.
inline Bytes colour_pixels(size_t first, size_t count) {
  Bytes pixels;
  for (size_t image = first; image < first + count; ++image)
    for (size_t channel = 0; channel < 3; ++channel)
      for (size_t row = 0; row < 32; ++row)
        for (size_t column = 0; column < 32; ++column)
          pixels.push_back(colour_pixel(image, channel, row, column));
  return pixels;
}

// A batch in CIFAR-10's binary layout; image `first + i` has label i % 10.
inline Bytes cifar_batch(size_t first, size_t count) {
  const Bytes pixels = colour_pixels(first, count);
  Bytes bytes;
  for (size_t image = 0; image < count; ++image) {
    const auto start = pixels.begin() + static_cast<std::ptrdiff_t>(image * 3072);
    bytes.push_back(static_cast<uint8_t>(image % 10));
    bytes.insert(bytes.end(), start, start + 3072);
  }
  return bytes;
}

// All six files: `count` images each, numbered through.
inline void write_cifar(const std::filesystem::path& folder, size_t count) {
  for (size_t batch = 0; batch < 5; ++batch)
    write_plain(folder / ("data_batch_" + std::to_string(batch + 1) + ".bin"),
                cifar_batch(batch * count, count));
  write_plain(folder / "test_batch.bin", cifar_batch(5 * count, count));
}

}  // namespace twopass::test
