#include "host/device.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "twopass/lowering.hpp"
#include "twopass/op_table.hpp"
#include "twopass/slot_limits.hpp"
#include "twopass/validate.hpp"

namespace twopass::host {

// What a program's handle points to: the backend's own handle (null on paper) and what each run must respect.
struct HostDevice::Compiled {
  void* handle;
  std::vector<SlotLimit> limits;
};

struct HostDevice::Api {
  static Scope& scope(void* self) { return *static_cast<Scope*>(self); }
  static HostDevice& device(void* self) { return *scope(self).device_; }

  static int32_t open(void* self, twopass_backend_info* info, twopass_error* error) {
    return abi::guard(error, [&] { abi::copy_to(info, device(self).info_); });
  }
  static int32_t buffer_create(void* self, const twopass_buffer* buffer, void** storage,
                               twopass_error* error) {
    return abi::guard(error, [&] { *storage = device(self).create(*buffer, scope(self)); });
  }
  // Storage lives as long as its scope: compiled programs hold on to it.
  static void buffer_destroy(void*, void*) {}
  static int32_t upload(void* self, void* storage, int64_t first, int64_t count, const void* data,
                        twopass_error* error) {
    return abi::guard(error,
                      [&] { device(self).call(&twopass_backend_api::upload, storage, first, count, data); });
  }
  static int32_t download(void* self, void* storage, int64_t first, int64_t count, void* data,
                          twopass_error* error) {
    return abi::guard(
        error, [&] { device(self).call(&twopass_backend_api::download, storage, first, count, data); });
  }
  static int32_t compile(void* self, const twopass_program* program, void** compiled, twopass_error* error) {
    return abi::guard(error, [&] { *compiled = device(self).compile(*program).release(); });
  }
  static void release(void* self, void* compiled) {
    const std::unique_ptr<Compiled> program(static_cast<Compiled*>(compiled));
    if (const auto& backend = device(self).backend_)
      backend->api<twopass_backend_api>().release(backend->self(), program->handle);
  }
  static int32_t run(void* self, void* compiled, const double* slots, twopass_error* error) {
    return abi::guard(error, [&] {
      const auto& program = *static_cast<Compiled*>(compiled);
      check_slots(program.limits, slots);
      device(self).call(&twopass_backend_api::run, program.handle, slots);
    });
  }
  static int32_t synchronize(void* self, twopass_error* error) {
    return abi::guard(error, [&] { device(self).call(&twopass_backend_api::synchronize); });
  }

  static constexpr twopass_backend_api kTable{sizeof(twopass_backend_api),
                                              0,
                                              &open,
                                              &buffer_create,
                                              &buffer_destroy,
                                              &upload,
                                              &download,
                                              &compile,
                                              &release,
                                              &run,
                                              &synchronize};
};

HostDevice::HostDevice(const Plugin& backend, const twopass_values& values)
    : backend_(std::make_unique<Instance>(backend, values)) {
  info_.struct_size = sizeof info_;
  call(&twopass_backend_api::open, &info_);
  info_.device[sizeof info_.device - 1] = info_.precision[sizeof info_.precision - 1] = '\0';
}

HostDevice::HostDevice() {
  info_.struct_size = sizeof info_;
  info_.fused_ops = ~uint64_t{0};
  info_.types = ~uint32_t{0};
}

HostDevice::~HostDevice() = default;

HostDevice::Scope::~Scope() {
  const auto& backend = device_->backend_;
  if (!backend) return;
  const auto destroy = backend->api<twopass_backend_api>().buffer_destroy;
  for (void* storage : storages_) destroy(backend->self(), storage);
}

Device HostDevice::Scope::device() { return Device({sizeof(twopass_device), 0, this, &Api::kTable}); }

twopass_device HostDevice::abi_device() { return {sizeof(twopass_device), 0, &own_, &Api::kTable}; }

void* HostDevice::create(const twopass_buffer& buffer, Scope& owner) {
  const std::string name = buffer.name;
  const bool persistent = buffer.role == TWOPASS_PARAM || buffer.role == TWOPASS_STATE;
  const auto same_name = [&](const Tensor& tensor) { return tensor.buffer()->name == name; };
  if (buffer.rows < 1 || buffer.columns < 1 || buffer.role >= TWOPASS_TEMP)
    throw Error("tensor '" + name + "' of " + std::to_string(buffer.rows) + " rows and " +
                    std::to_string(buffer.columns) +
                    " columns: a device's tensor has at least one of each, and is no temp",
                TWOPASS_INTERNAL);
  if (persistent && (name.empty() || std::any_of(persistent_.begin(), persistent_.end(), same_name)))
    throw Error("there is already a param or state tensor named '" + name +
                    "'; checkpoints need a name of its own for each",
                TWOPASS_INTERNAL);
  if (persistent && &owner != &own_)
    throw Error("tensor '" + name + "' is a param or state, which lives as long as the device",
                TWOPASS_INTERNAL);
  require_type(buffer);

  twopass_buffer made = abi::copy(buffer);
  void* storage = backend_ ? nullptr : &paper_storages_.emplace_back();
  call(&twopass_backend_api::buffer_create, &made, &storage);
  if (storage == nullptr)
    backend_->fail("buffer_create reported success but made no buffer, which is a bug in the plugin");
  made.storage = storage;
  owner.storages_.push_back(made.storage);
  if (persistent) persistent_.emplace_back(made);
  buffer_bytes_ += buffer.rows * buffer.columns * type_bytes(buffer.type);
  return made.storage;
}

void HostDevice::require_type(const twopass_buffer& buffer) const {
  if (buffer.type < 32 && (info_.types >> buffer.type & 1) != 0) return;
  throw Error(std::string(info_.device) + " has no buffers of type " + type_name(buffer.type) + ", which '" +
                  buffer.name + "' needs",
              TWOPASS_UNSUPPORTED);
}

std::unique_ptr<HostDevice::Compiled> HostDevice::compile(const twopass_program& program) {
  validate(program);
  for (uint32_t index = 0; index < program.buffer_count; ++index)
    require_type(abi::at(program.buffers, index));
  auto compiled = std::make_unique<Compiled>(Compiled{nullptr, slot_limits(program)});
  const LoweredProgram lowered(program, info_.fused_ops);
  const twopass_program description = lowered.abi_program();
  call(&twopass_backend_api::compile, &description, &compiled->handle);
  if (backend_ && compiled->handle == nullptr)
    backend_->fail("compile reported success but made no program, which is a bug in the plugin");
  return compiled;
}

}  // namespace twopass::host
