#pragma once

// A backend that computes in float64 with plain loops: the measure of all others, and a device for tests of
// trainers whose gradients shall be exact to 1e-10. Slow on purpose. A backend of one's own may begin as one
// that derives from it and replaces op by op.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "twopass/backend.hpp"
#include "twopass/device.hpp"
#include "twopass/lowering.hpp"
#include "twopass/slot_limits.hpp"
#include "twopass/testing/reference_fused_ops.hpp"
#include "twopass/validate.hpp"

namespace twopass::testing {

class ReferenceBackend : public Backend {
 public:
  // `native_fused` false: the fused ops are lowered, as they are for a backend that lacks them.
  explicit ReferenceBackend(bool native_fused) : native_fused_(native_fused) {}

  struct Values : Storage {
    Values(uint32_t element_type, int64_t count) : type(element_type), values(static_cast<size_t>(count)) {}
    void upload(int64_t first, int64_t count, const void* data) override;
    void download(int64_t first, int64_t count, void* data) override;

    uint32_t type;
    std::vector<double> values;
  };

  BackendInfo open() override {
    BackendInfo info;
    info.device = "reference";
    info.precision = "float64";
    if (native_fused_)
      for (const OpDescription& op : kOps)
        if (op.code >= TWOPASS_OP_FIRST_FUSED) info.fused_ops.push_back(op.code);
    return info;
  }
  std::unique_ptr<Storage> create(const twopass_buffer& buffer) override {
    return std::make_unique<Values>(buffer.type, buffer.rows * buffer.columns);
  }
  std::unique_ptr<Executable> compile(const twopass_program& program) override {
    validate(program);
    const LoweredProgram lowered(program, native_fused_ ? ~uint64_t{0} : 0);
    return std::make_unique<Compiled>(*this, lowered.abi_program());
  }

 protected:
  // Runs one op. Override it to compute some ops in another way, and hand on the others.
  virtual void execute(const ReferenceOp& op, const double* slots) { reference::run(op, slots); }

 private:
  class Compiled : public Executable {
   public:
    Compiled(ReferenceBackend& backend, const twopass_program& program)
        : backend_(backend), limits_(slot_limits(program)) {
      temps_.resize(program.buffer_count);
      for (uint32_t index = 0; index < program.op_count; ++index) ops_.push_back(resolve(program, index));
    }
    void run(const double* slots) override {
      check_slots(limits_, slots);
      // What a temp held in the last run must not matter.
      for (std::vector<double>& temp : temps_)
        std::fill(temp.begin(), temp.end(), std::numeric_limits<double>::quiet_NaN());
      for (const ReferenceOp& op : ops_) backend_.execute(op, slots);
    }

   private:
    ReferenceOp resolve(const twopass_program& program, uint32_t index) {
      ReferenceOp step{};
      step.op = abi::copy(abi::at(program.ops, index));
      for (size_t position = 0; position < std::size(step.in); ++position)
        step.in[position] = matrix(program, step.op.in[position]);
      for (size_t position = 0; position < std::size(step.out); ++position)
        step.out[position] = matrix(program, step.op.out[position]);
      return step;
    }
    Matrix matrix(const twopass_program& program, const twopass_view& view) {
      if (view.buffer < 0) return {};
      const auto index = static_cast<size_t>(view.buffer);
      const twopass_buffer& buffer = abi::at(program.buffers, index);
      std::vector<double>& values = buffer.storage == nullptr
                                        ? temps_[index]
                                        : static_cast<Values*>(static_cast<Storage*>(buffer.storage))->values;
      if (values.empty()) values.resize(static_cast<size_t>(buffer.rows * buffer.columns));
      return {values.data() + view.first, view.rows, view.columns, view.stride};
    }

    ReferenceBackend& backend_;
    std::vector<SlotLimit> limits_;
    std::vector<std::vector<double>> temps_;
    std::vector<ReferenceOp> ops_;
  };

  bool native_fused_;
};

namespace detail {

// Calls body with a null pointer to the element's type.
template <class Body>
void with_type(uint32_t type, Body&& body) {
  if (type == TWOPASS_F32) return body(static_cast<float*>(nullptr));
  if (type == TWOPASS_I32) return body(static_cast<int32_t*>(nullptr));
  if (type == TWOPASS_U8) return body(static_cast<uint8_t*>(nullptr));
  throw Error("reference backend: buffers of this type cannot be made", TWOPASS_UNSUPPORTED);
}

}  // namespace detail

inline void ReferenceBackend::Values::upload(int64_t first, int64_t count, const void* data) {
  detail::with_type(
      type, [&]<class T>(T*) { std::copy_n(static_cast<const T*>(data), count, values.begin() + first); });
}

inline void ReferenceBackend::Values::download(int64_t first, int64_t count, void* data) {
  detail::with_type(type, [&]<class T>(T*) {
    std::transform(values.begin() + first, values.begin() + first + count, static_cast<T*>(data),
                   [](double value) { return static_cast<T>(value); });
  });
}

// A ready device on the reference backend, which checks programs and slots as the host would. Programs
// compiled on it must end before it does.
class ReferenceDevice {
 public:
  explicit ReferenceDevice(bool native_fused = true)
      : instance_(std::make_unique<ReferenceBackend>(native_fused)) {
    api_.buffer_create = [](void* self, const twopass_buffer* buffer, void** storage, twopass_error* error) {
      return abi::guard(error, [&] {
        auto& owner = *static_cast<Owner*>(static_cast<Backend::Instance*>(self));
        *storage = owner.storages.emplace_back(owner.backend->create(*buffer)).get();
        owner.by_name[buffer->name] = *storage;
      });
    };
  }

  ReferenceDevice(const ReferenceDevice&) = delete;
  ReferenceDevice& operator=(const ReferenceDevice&) = delete;

  Device device() { return Device(abi_device()); }
  twopass_device abi_device() {
    return {sizeof(twopass_device), 0, static_cast<Backend::Instance*>(&instance_), &api_};
  }

  // The whole buffer behind a tensor of this device, at full precision, to read and to write.
  static std::vector<double>& values(const Tensor& tensor) { return values_of(tensor.buffer()->storage); }
  // The same for the last tensor made under a name, such as "layers.0.weight"; throws std::out_of_range
  // without one.
  std::vector<double>& values(const std::string& name) { return values_of(instance_.by_name.at(name)); }

 private:
  struct Owner : Backend::Instance {
    using Instance::Instance;
    std::vector<std::unique_ptr<Backend::Storage>> storages;
    std::map<std::string, void*> by_name;
  };
  static std::vector<double>& values_of(void* storage) {
    return static_cast<ReferenceBackend::Values*>(static_cast<Backend::Storage*>(storage))->values;
  }

  Owner instance_;
  twopass_backend_api api_ = Backend::kApi;
};

}  // namespace twopass::testing
