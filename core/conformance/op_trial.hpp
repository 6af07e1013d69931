#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "twopass/device.hpp"
#include "twopass/lowering.hpp"

namespace twopass::conformance {

struct Shape {
  int64_t m, n, k;
};

enum class Layout {
  kDense,
  kStrided  // every tensor is a rectangle inside a larger buffer
};

// One program of one case on one device. The same calls make the same data on every device.
class Trial {
 public:
  Trial(const Device& device, const Shape& shape, Layout layout)
      : m(shape.m), n(shape.n), k(shape.k), device_(device), layout_(layout) {}

  // Inputs: uniform in [low, high); like the activity of a ReLU layer, with a row of zeros; integers in [low,
  // end).
  Tensor uniform(int64_t rows, int64_t columns, double low = -1, double high = 1) {
    return make<float>(rows, columns,
                       [=](std::mt19937& random) { return static_cast<float>(draw(random, low, high)); });
  }
  // The same as a network's parameter, which a backend may keep a rounded copy of.
  Tensor parameter(int64_t rows, int64_t columns) {
    role_ = TWOPASS_PARAM;
    Tensor tensor = uniform(rows, columns);
    role_ = TWOPASS_INPUT;
    return tensor;
  }
  Tensor activity(int64_t rows, int64_t columns) {
    Tensor tensor = uniform(rows, columns);
    for (float& value : floats_.back().second) value = std::max(value, 0.0F);
    const auto zero_row = floats_.back().second.begin() + tensor.first() + (rows > 1 ? tensor.stride() : 0);
    std::fill_n(zero_row, columns, 0.0F);
    return tensor;
  }
  // What a program must write without reading it: a diverged run may have left it there.
  Tensor no_numbers(int64_t rows, int64_t columns) {
    Tensor tensor = uniform(rows, columns);
    const auto first = floats_.back().second.begin() + tensor.first();
    for (int64_t row = 0; row < rows; ++row)
      std::fill_n(first + row * tensor.stride(), columns, std::numeric_limits<float>::quiet_NaN());
    return tensor;
  }
  Tensor integers(int64_t rows, int64_t columns, int64_t low, int64_t end) {
    return make<int32_t>(rows, columns, [=](std::mt19937& random) {
      return static_cast<int32_t>(low + static_cast<int64_t>(random() % static_cast<uint64_t>(end - low)));
    });
  }
  Tensor bytes(int64_t rows, int64_t columns) {
    return make<uint8_t>(rows, columns, [](std::mt19937& random) { return static_cast<uint8_t>(random()); });
  }

  // Marks a tensor as a result. Its whole buffer is compared: an op must not write outside of its rectangle.
  Tensor out(const Tensor& tensor) {
    results_.push_back(tensor.buffer());
    return tensor;
  }
  Tensor out(int64_t rows, int64_t columns) { return out(uniform(rows, columns)); }
  Tensor integer_out(int64_t rows, int64_t columns) { return out(integers(rows, columns, 0, 100)); }

  void compile() { compiled_ = device_.compile(program); }
  // With the SDK's lowering of every fused op, native or not.
  void compile_lowered(const twopass_device& device) {
    const LoweredProgram lowered(program.abi_program(), 0);
    const twopass_program description = lowered.abi_program();
    void* handle = nullptr;
    abi::call(device.api->compile, device.self, &description, &handle);
    compiled_ = CompiledProgram(device, handle, description.slot_count);
  }

  void run_only() { compiled_.run(slots); }

  // The results of one run from the initial data, buffer by buffer.
  std::vector<std::vector<double>> run() {
    upload(floats_);
    upload(integers_);
    upload(bytes_);
    run_only();
    std::vector<std::vector<double>> values;
    for (const auto& buffer : results_) values.push_back(download(Tensor(buffer)));
    return values;
  }

  int64_t m, n, k;
  Program program{"case"};
  std::vector<double> slots;

 private:
  template <class T>
  using Contents = std::vector<std::pair<Tensor, std::vector<T>>>;

  static double draw(std::mt19937& random, double low, double high) {
    return low + (high - low) * static_cast<double>(random()) / 4294967296.0;
  }

  template <class T, class Draw>
  Tensor make(int64_t rows, int64_t columns, const Draw& draw_value) {
    const int64_t margin = layout_ == Layout::kStrided ? 1 : 0;
    constexpr twopass_type kType = sizeof(T) == 1          ? TWOPASS_U8
                                   : std::is_integral_v<T> ? TWOPASS_I32
                                                           : TWOPASS_F32;
    static int64_t count = 0;  // params need names of their own
    const std::string name = "t" + std::to_string(count++);
    const Tensor whole = device_.tensor(name, role_, rows + 2 * margin, columns + 3 * margin, kType);
    std::mt19937 random(made_++);
    std::vector<T> values(static_cast<size_t>(whole.rows() * whole.columns()));
    for (T& value : values) value = draw_value(random);
    if constexpr (kType == TWOPASS_F32) floats_.emplace_back(whole, std::move(values));
    if constexpr (kType == TWOPASS_I32) integers_.emplace_back(whole, std::move(values));
    if constexpr (kType == TWOPASS_U8) bytes_.emplace_back(whole, std::move(values));
    return whole.row_range(margin, rows).column_range(2 * margin, columns);
  }

  template <class T>
  void upload(const Contents<T>& contents) const {
    for (const auto& [tensor, values] : contents) device_.upload(tensor, values);
  }

  template <class T>
  std::vector<double> download_as(const Tensor& tensor) const {
    const std::vector<T> values = device_.download<T>(tensor);
    return {values.begin(), values.end()};
  }
  std::vector<double> download(const Tensor& tensor) const {
    if (tensor.type() == TWOPASS_F32) return download_as<float>(tensor);
    return tensor.type() == TWOPASS_I32 ? download_as<int32_t>(tensor) : download_as<uint8_t>(tensor);
  }

  Device device_;
  Layout layout_;
  twopass_role role_ = TWOPASS_INPUT;
  uint32_t made_ = 0;
  Contents<float> floats_;
  Contents<int32_t> integers_;
  Contents<uint8_t> bytes_;
  std::vector<std::shared_ptr<const Buffer>> results_;
  CompiledProgram compiled_;
};

}  // namespace twopass::conformance
