#include "numpy_array.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "files/dataset_files.hpp"

namespace twopass::cifar10 {
namespace {

using Kind = Value::Kind;

struct Parts {
  const Value *shape, *type, *content;
  bool column_major;
};

class ArrayReader {
 public:
  explicit ArrayReader(const std::filesystem::path& file) : file_(file) {}

  ByteMatrix read(const Value& value) const {
    const Parts parts = take_apart(value);
    check_type(*parts.type);
    ByteMatrix matrix;
    const Value& shape = *parts.shape;
    if (shape.kind != Kind::kTuple || shape.items.size() != 2) fail(shape, "another shape");
    matrix.rows = size(*shape.items[0]);
    matrix.columns = size(*shape.items[1]);
    matrix.elements = bytes(*parts.content);
    if (matrix.elements.size() != static_cast<uint64_t>(matrix.rows) * static_cast<uint64_t>(matrix.columns))
      fail(value,
           fmt::format("{} bytes for {}x{} elements", matrix.elements.size(), matrix.rows, matrix.columns));
    if (parts.column_major) transpose(matrix);
    return matrix;
  }

 private:
  [[noreturn]] void fail(const Value& value, const std::string& found) const {
    throw datasets::corrupt(file_, "a numpy matrix of unsigned bytes",
                            fmt::format("{} at byte {}", found, value.offset));
  }

  // A call's arguments, when it is of this name, whatever module numpy had it in.
  static const Value* arguments(const Value& value, std::string_view name) {
    const bool fits = value.kind == Kind::kCall && value.items[0]->text.ends_with(name);
    return fits ? value.items[1] : nullptr;
  }

  Parts take_apart(const Value& value) const {
    if (arguments(value, "._reconstruct") != nullptr) {
      const Value* state = value.state;  // (version, shape, type, column-major, bytes)
      if (state != nullptr && state->kind == Kind::kTuple && state->items.size() == 5 &&
          state->items[3]->kind == Kind::kBoolean)
        return {state->items[1], state->items[2], state->items[4], state->items[3]->integer != 0};
    } else if (const Value* buffer = arguments(value, "._frombuffer");  // (bytes, type, shape, order)
               buffer != nullptr && buffer->items.size() == 4) {
      return {buffer->items[2], buffer->items[1], buffer->items[0], buffer->items[3]->text == "F"};
    }
    fail(value, "something else");
  }

  void check_type(const Value& value) const {
    const Value* type = arguments(value, "numpy.dtype");
    if (type == nullptr || type->items.empty()) fail(value, "another type");
    if (const std::string_view name = type->items[0]->text; name != "u1")
      fail(value, fmt::format("the type '{:.20}'", name));
  }

  int64_t size(const Value& value) const {
    constexpr int64_t kLargest = 1 << 30;
    if (value.kind != Kind::kInteger || value.integer < 0 || value.integer > kLargest)
      fail(value, "another shape");
    return value.integer;
  }

  std::vector<uint8_t> bytes(const Value& value) const {
    if (value.kind == Kind::kBytes) return {value.text.begin(), value.text.end()};
    // Python 3 has no bytes in protocol 2; it writes the call that makes them of a text.
    const Value* encoded = arguments(value, "_codecs.encode");
    if (encoded == nullptr || encoded->items.size() != 2 || encoded->items[0]->kind != Kind::kText ||
        encoded->items[1]->text != "latin1")
      fail(value, "contents that are no bytes");
    return latin1(encoded->items[0]->text, value);
  }

  // The characters U+0000 to U+00FF take one or two bytes in UTF-8.
  std::vector<uint8_t> latin1(std::string_view text, const Value& value) const {
    std::vector<uint8_t> result;
    result.reserve(text.size());
    for (size_t index = 0; index < text.size(); ++index) {
      const auto first = static_cast<uint8_t>(text[index]);
      if (first < 0x80) {
        result.push_back(first);
        continue;
      }
      const auto second = index + 1 < text.size() ? static_cast<uint8_t>(text[++index]) : uint8_t{0};
      if ((first != 0xc2 && first != 0xc3) || (second & 0xc0U) != 0x80)
        fail(value, "a character that is no byte");
      result.push_back(static_cast<uint8_t>((first & 3U) << 6U | (second & 0x3fU)));
    }
    return result;
  }

  static void transpose(ByteMatrix& matrix) {
    const std::vector<uint8_t> columns = matrix.elements;
    for (int64_t row = 0; row < matrix.rows; ++row)
      for (int64_t column = 0; column < matrix.columns; ++column)
        matrix.elements[static_cast<size_t>(row * matrix.columns + column)] =
            columns[static_cast<size_t>(column * matrix.rows + row)];
  }

  const std::filesystem::path& file_;
};

}  // namespace

ByteMatrix byte_matrix(const Value& value, const std::filesystem::path& file) {
  return ArrayReader(file).read(value);
}

}  // namespace twopass::cifar10
