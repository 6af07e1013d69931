#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "host/instance.hpp"
#include "twopass/device.hpp"

namespace twopass::host {

// The device that trainers and the run itself see: a backend (or, for `twopass check`, none) behind checks of
// every program's shapes, the lowering of fused ops that the backend lacks, and a register of all named
// buffers.
class HostDevice {
 public:
  // Opens the backend. Throws Error with TWOPASS_UNAVAILABLE when it has no device here.
  HostDevice(const Plugin& backend, const twopass_values& values);
  // A device that checks and counts but neither allocates nor computes: uploads, downloads and runs do
  // nothing.
  HostDevice();
  HostDevice(const HostDevice&) = delete;
  HostDevice& operator=(const HostDevice&) = delete;
  ~HostDevice();

  // Buffers that are done with together: those made through its handle go when it goes, which must be before
  // the device does and after all programs that use them. Not for params and states.
  class Scope {
   public:
    explicit Scope(HostDevice& device) : device_(&device) {}
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope();
    Device device();

   private:
    friend class HostDevice;
    HostDevice* device_;
    std::vector<void*> storages_;
  };

  // Handles of this device; it must outlive them. What is made through them lives as long as the device.
  Device device() { return own_.device(); }
  twopass_device abi_device();

  const twopass_backend_info& info() const { return info_; }
  // Every param and state buffer in order of creation: what a checkpoint holds.
  const std::vector<Tensor>& persistent() const { return persistent_; }
  // Bytes of all buffers made so far, temps of compiled programs not counted.
  int64_t buffer_bytes() const { return buffer_bytes_; }

 private:
  struct Api;       // the functions behind abi_device()
  struct Compiled;  // a program as its handle

  // Calls a function of the backend's table; on paper, nothing.
  template <class Function, class... Arguments>
  void call(Function twopass_backend_api::*function, Arguments... arguments) const {
    if (backend_) backend_->call(backend_->api<twopass_backend_api>().*function, arguments...);
  }
  void* create(const twopass_buffer& buffer, Scope& owner);
  void require_type(const twopass_buffer& buffer) const;
  std::unique_ptr<Compiled> compile(const twopass_program& program);

  std::unique_ptr<Instance> backend_;  // absent on paper
  twopass_backend_info info_{};
  std::vector<Tensor> persistent_;
  // Programs tell buffers apart by their storage, so buffers that are never allocated need distinct ones as
  // well.
  std::deque<char> paper_storages_;
  int64_t buffer_bytes_ = 0;
  Scope own_{*this};
};

}  // namespace twopass::host
