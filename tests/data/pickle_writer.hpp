#pragma once

#include <string>

#include "colour_images.hpp"

// Pickles of protocol 2, opcode by opcode, as Python 2 wrote CIFAR-10's.
namespace twopass::test {

using namespace std::string_literals;

inline std::string little_endian(uint32_t value) {
  std::string bytes;
  for (const int shift : {0, 8, 16, 24}) bytes.push_back(static_cast<char>(value >> shift & 0xff));
  return bytes;
}
inline std::string pickled_text(const std::string& text) {
  return "U"s + static_cast<char>(text.size()) + text;
}
inline std::string pickled_bytes(const std::string& bytes) {
  return "T" + little_endian(static_cast<uint32_t>(bytes.size())) + bytes;
}
inline std::string pickled_integer(int32_t value) {
  return "J" + little_endian(static_cast<uint32_t>(value));
}

inline std::string pickled_type(const std::string& name = "u1") {
  return "cnumpy\ndtype\n" + pickled_text(name) + "K\0K\1\x87R(K\3"s + pickled_text("|") +
         "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"s;
}
inline std::string pickled_array(int32_t rows, int32_t columns, const std::string& content,
                                 const std::string& type = pickled_type()) {
  return "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85"s + pickled_text("b") +
         "\x87R(K\1"s + pickled_integer(rows) + pickled_integer(columns) + "\x86" + type + "\x89" +
         pickled_bytes(content) + "tb";
}
inline std::string pickled_labels(const std::vector<int32_t>& labels) {
  std::string list = "](";
  for (const int32_t label : labels) list += pickled_integer(label);
  return list + "e";
}
// `}`: an empty dictionary, `(`: a mark, `u`: all since the mark into the dictionary.
inline std::string pickled_batch(const std::string& labels, const std::string& data) {
  return "\x80\2}("s + pickled_text("labels") + labels + pickled_text("data") + data + "u.";
}
inline std::string pickled_pixels(size_t first, size_t count) {
  const Bytes pixels = colour_pixels(first, count);
  return {pixels.begin(), pixels.end()};
}

}  // namespace twopass::test
