#pragma once

#include <zlib.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "colour_images.hpp"

// MATLAB 5 MAT-files byte by byte, as MathWorks' "MAT-File Format" describes them.
namespace twopass::test {

inline void append(Bytes& bytes, const Bytes& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

inline Bytes words(const std::vector<uint32_t>& values) {
  Bytes bytes;
  for (const uint32_t value : values)
    for (const int shift : {0, 8, 16, 24}) bytes.push_back(static_cast<uint8_t>(value >> shift));
  return bytes;
}

// A tag, the data, and zeros up to a multiple of eight bytes.
inline Bytes mat_element(uint32_t type, const Bytes& data) {
  Bytes bytes = words({type, static_cast<uint32_t>(data.size())});
  append(bytes, data);
  bytes.resize((bytes.size() + 7) / 8 * 8);
  return bytes;
}

inline constexpr uint32_t kUint8Class = 9, kDoubleClass = 6, kInt8Class = 8;

// A variable whose elements are stored as unsigned bytes, which MATLAB does for small numbers of any class.
inline Bytes mat_variable(const std::string& name, const std::vector<uint32_t>& dimensions,
                          const Bytes& elements, uint32_t matlab_class = kUint8Class) {
  constexpr uint32_t kInt8 = 1, kUint8 = 2, kInt32 = 5, kUint32 = 6, kMatrix = 14;
  Bytes body = mat_element(kUint32, words({matlab_class, 0}));
  append(body, mat_element(kInt32, words(dimensions)));
  append(body, mat_element(kInt8, {name.begin(), name.end()}));
  append(body, mat_element(kUint8, elements));
  return mat_element(kMatrix, body);
}

inline Bytes mat_compressed(const Bytes& variable) {
  uLongf size = compressBound(variable.size());
  Bytes packed(size);
  if (compress2(packed.data(), &size, variable.data(), variable.size(), Z_BEST_SPEED) != Z_OK)
    throw std::runtime_error("compress2 failed");
  packed.resize(size);
  Bytes bytes = words({15, static_cast<uint32_t>(size)});
  append(bytes, packed);  // these alone are not padded
  return bytes;
}

inline Bytes mat_file(const std::vector<Bytes>& elements) {
  const std::string text = "MATLAB 5.0 MAT-file, made by a test";
  Bytes bytes(text.begin(), text.end());
  bytes.resize(124, ' ');
  append(bytes, {0x00, 0x01, 'I', 'M'});
  for (const Bytes& element : elements) append(bytes, element);
  return bytes;
}

// The images of colour_pixels as MATLAB stores 32x32x3xN: rows next to each other.
inline Bytes mat_pixels(size_t first, size_t count) {
  Bytes pixels;
  for (size_t image = first; image < first + count; ++image)
    for (size_t channel = 0; channel < 3; ++channel)
      for (size_t column = 0; column < 32; ++column)
        for (size_t row = 0; row < 32; ++row) pixels.push_back(colour_pixel(image, channel, row, column));
  return pixels;
}

inline Bytes svhn_x(size_t first, uint32_t count) {
  return mat_variable("X", {32, 32, 3, count}, mat_pixels(first, count));
}
inline Bytes svhn_y(const Bytes& labels) {
  return mat_variable("y", {static_cast<uint32_t>(labels.size()), 1}, labels);
}

}  // namespace twopass::test
