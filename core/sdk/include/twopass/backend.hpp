#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "twopass/plugin.hpp"
#include "twopass/program.hpp"

namespace twopass {

struct BackendInfo {
  std::string device;  // what computes, for people: the CPU's or the GPU's name
  std::string precision = "float32";
  uint32_t threads = 1;
  std::vector<twopass_op_code> fused_ops;  // which of the optional ops are native
  std::vector<twopass_type> types = {TWOPASS_F32, TWOPASS_I32, TWOPASS_U8};
  bool deterministic = true;
};

// Where tensors live and every numeric operation runs. The host has checked each program's shapes and lowered
// the fused ops that the backend does not list, so compile sees valid programs of known ops only.
class Backend {
 public:
  static constexpr twopass_kind kKind = TWOPASS_BACKEND;

  // Storage of one persistent buffer, zero-filled when made. `count` elements of the buffer's type from
  // element `first` on, all within it; ordered with the runs before and after. `upload` may return once it
  // has read `data`, `download` returns when `data` is complete.
  class Storage {
   public:
    virtual ~Storage() = default;
    virtual void upload(int64_t first, int64_t count, const void* data) = 0;
    virtual void download(int64_t first, int64_t count, void* data) = 0;
  };
  // A compiled program. `slots` has its slot_count values and is valid for the call; `run` allocates nothing
  // and may return before the work is done. An index or label out of range (program.hpp) is an Error with
  // TWOPASS_INTERNAL, of `run` or of the next wait.
  class Executable {
   public:
    virtual ~Executable() = default;
    virtual void run(const double* slots) = 0;
  };

  virtual ~Backend() = default;

  // Takes hold of the device; called once, before all else. Throws Error with TWOPASS_UNAVAILABLE and the
  // reason.
  virtual BackendInfo open() = 0;
  // Throws Error with TWOPASS_OUT_OF_MEMORY.
  virtual std::unique_ptr<Storage> create(const twopass_buffer& buffer) = 0;
  // The program's arrays are valid for the call only; the storages it names outlive the executable. All that
  // allocates or may fail for lack of support happens here. Throws Error with TWOPASS_OUT_OF_MEMORY or
  // TWOPASS_UNSUPPORTED.
  virtual std::unique_ptr<Executable> compile(const twopass_program& program) = 0;
  // Waits for all runs so far, and throws what they ran into. A backend whose `run` is done when it returns
  // needs none.
  virtual void synchronize() {}

  class Instance {
   public:
    explicit Instance(std::unique_ptr<Backend> owned) : backend(std::move(owned)) {}
    std::unique_ptr<Backend> backend;
  };

  static const twopass_backend_api kApi;
};

inline constexpr twopass_backend_api Backend::kApi = {
    sizeof(twopass_backend_api),
    0,
    [](void* self, twopass_backend_info* out, twopass_error* error) {
      return abi::guard(error, [&] {
        const BackendInfo info = static_cast<Instance*>(self)->backend->open();
        *out = {};
        out->struct_size = sizeof(twopass_backend_info);
        out->threads = info.threads;
        abi::copy_text(out->device, info.device);
        abi::copy_text(out->precision, info.precision);
        for (const twopass_op_code code : info.fused_ops)
          out->fused_ops |= uint64_t{1} << (code - TWOPASS_OP_FIRST_FUSED);
        for (const twopass_type type : info.types) out->types |= 1U << type;
        out->deterministic = info.deterministic ? 1 : 0;
      });
    },
    [](void* self, const twopass_buffer* buffer, void** storage, twopass_error* error) {
      return abi::guard(error,
                        [&] { *storage = static_cast<Instance*>(self)->backend->create(*buffer).release(); });
    },
    [](void*, void* storage) { std::unique_ptr<Storage> ended(static_cast<Storage*>(storage)); },
    [](void*, void* storage, int64_t first, int64_t count, const void* data, twopass_error* error) {
      return abi::guard(error, [&] { static_cast<Storage*>(storage)->upload(first, count, data); });
    },
    [](void*, void* storage, int64_t first, int64_t count, void* data, twopass_error* error) {
      return abi::guard(error, [&] { static_cast<Storage*>(storage)->download(first, count, data); });
    },
    [](void* self, const twopass_program* program, void** compiled, twopass_error* error) {
      return abi::guard(
          error, [&] { *compiled = static_cast<Instance*>(self)->backend->compile(*program).release(); });
    },
    [](void*, void* compiled) { std::unique_ptr<Executable> ended(static_cast<Executable*>(compiled)); },
    [](void*, void* compiled, const double* slots, twopass_error* error) {
      return abi::guard(error, [&] { static_cast<Executable*>(compiled)->run(slots); });
    },
    [](void* self, twopass_error* error) {
      return abi::guard(error, [&] { static_cast<Instance*>(self)->backend->synchronize(); });
    }};

}  // namespace twopass
