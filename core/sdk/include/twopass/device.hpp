#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "twopass/abi.h"
#include "twopass/error.hpp"
#include "twopass/program.hpp"

namespace twopass {

// A program ready to run on one device. Movable; must not outlive the device.
class CompiledProgram {
 public:
  CompiledProgram() = default;
  CompiledProgram(const twopass_device& device, void* handle, uint32_t slot_count)
      : device_(device), handle_(handle), slot_count_(slot_count) {}
  CompiledProgram(CompiledProgram&& other) noexcept
      : device_(other.device_),
        handle_(std::exchange(other.handle_, nullptr)),
        slot_count_(other.slot_count_) {}
  CompiledProgram& operator=(CompiledProgram&& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(handle_, other.handle_);
    std::swap(slot_count_, other.slot_count_);
    return *this;
  }
  CompiledProgram(const CompiledProgram&) = delete;
  CompiledProgram& operator=(const CompiledProgram&) = delete;
  ~CompiledProgram() {
    if (handle_ != nullptr) device_.api->release(device_.self, handle_);
  }

  // `slots`: one value per Program::slot, in the order they were made. May return before the work is done.
  // Throws Error: TWOPASS_INTERNAL for another number of values, a row offset behind the last row that fits,
  // or an index or label out of range (which a GPU may report at the next wait); TWOPASS_FAILED when the
  // device fails.
  void run(std::span<const double> slots = {}) const {
    if (handle_ == nullptr) throw Error("a program was run that was never compiled", TWOPASS_INTERNAL);
    if (slots.size() != slot_count_)
      throw Error("a program with " + std::to_string(slot_count_) + " slots was run with " +
                      std::to_string(slots.size()) + " values",
                  TWOPASS_INTERNAL);
    abi::call(device_.api->run, device_.self, handle_, slots.data());
  }
  void run(std::initializer_list<double> slots) const { run(std::span(slots.begin(), slots.size())); }

 private:
  twopass_device device_{};
  void* handle_ = nullptr;
  uint32_t slot_count_ = 0;
};

// Where tensors live and programs run. A cheap handle: copies mean the same device. Storage made here lives
// as long as the device.
class Device {
 public:
  Device() = default;
  explicit Device(const twopass_device& device) : device_(device) {}

  // A zero-filled persistent tensor. Names of params and states must be unique: they name the tensors of
  // checkpoints ("layers.0.weight"). Throws Error: TWOPASS_INTERNAL for a second such name or a size below 1,
  // TWOPASS_UNSUPPORTED for a type that the backend lacks, TWOPASS_OUT_OF_MEMORY.
  Tensor tensor(const std::string& name, twopass_role role, int64_t rows, int64_t columns,
                twopass_type type = TWOPASS_F32) const {
    Buffer buffer{name, type, role, rows, columns, nullptr};
    const twopass_buffer description = buffer.abi_buffer();
    abi::call(device_.api->buffer_create, device_.self, &description, &buffer.storage);
    return Tensor(std::make_shared<const Buffer>(std::move(buffer)));
  }

  // Writes or reads a whole buffer; T must be the element type (float, int32_t, uint8_t). Throws when the
  // number of values differs.
  template <class T>
  void upload(const Tensor& tensor, std::span<const T> values) const {
    require(tensor, static_cast<int64_t>(values.size()) == tensor.rows() * tensor.columns());
    upload_rows(tensor, 0, values);
  }
  template <class T>
  void upload(const Tensor& tensor, const std::vector<T>& values) const {
    upload(tensor, std::span<const T>(values));
  }
  // Writes the rows from `first_row` on, as many as `values` fill. Throws when one of them is not filled, or
  // is not in the buffer.
  template <class T>
  void upload_rows(const Tensor& tensor, int64_t first_row, std::span<const T> values) const {
    const auto count = static_cast<int64_t>(values.size());
    require_dense(tensor, type_of(T{}));
    require(tensor, first_row >= 0 && count % tensor.columns() == 0 &&
                        first_row + count / tensor.columns() <= tensor.rows());
    abi::call(device_.api->upload, device_.self, tensor.buffer()->storage, first_row * tensor.columns(),
              count, static_cast<const void*>(values.data()));
  }
  // All values of a buffer, once the runs before are done. There is no T for bfloat16: copy to float32 first.
  template <class T>
  std::vector<T> download(const Tensor& tensor) const {
    std::vector<T> values(static_cast<size_t>(tensor.rows() * tensor.columns()));
    require_dense(tensor, type_of(T{}));
    abi::call(device_.api->download, device_.self, tensor.buffer()->storage, int64_t{0},
              static_cast<int64_t>(values.size()), static_cast<void*>(values.data()));
    return values;
  }

  // Throws Error: TWOPASS_INTERNAL with op and shapes for a program that is not valid, TWOPASS_UNSUPPORTED
  // for an op that the backend lacks, TWOPASS_OUT_OF_MEMORY.
  CompiledProgram compile(const Program& program) const {
    const twopass_program description = program.abi_program();
    void* handle = nullptr;
    abi::call(device_.api->compile, device_.self, &description, &handle);
    return {device_, handle, description.slot_count};
  }

  // Waits for all work so far. Throws what it ran into.
  void synchronize() const { abi::call(device_.api->synchronize, device_.self); }

 private:
  static twopass_type type_of(float) { return TWOPASS_F32; }
  static twopass_type type_of(int32_t) { return TWOPASS_I32; }
  static twopass_type type_of(uint8_t) { return TWOPASS_U8; }

  static void require(const Tensor& tensor, bool fits) {
    if (!fits)
      throw Error("upload or download of tensor '" + tensor.buffer()->name + "': the values do not fit it",
                  TWOPASS_INTERNAL);
  }
  static void require_dense(const Tensor& tensor, twopass_type type) {
    const Buffer& buffer = *tensor.buffer();
    require(tensor, tensor.first() == 0 && tensor.stride() == tensor.columns() && buffer.type == type);
  }

  twopass_device device_{};
};

}  // namespace twopass
