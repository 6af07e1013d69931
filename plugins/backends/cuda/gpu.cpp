#include "cuda/gpu.hpp"

#include "cuda/kernels.hpp"
#include "cuda/status.hpp"

namespace twopass::cuda {

namespace {

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

[[noreturn]] void no_device(const std::string& reason) {
  throw Error("no CUDA device: " + reason, TWOPASS_UNAVAILABLE);
}

// The runtime's "insufficient driver" is also what it says when there is none at all.
std::string reason_of(cudaError_t status) {
  if (status != cudaErrorInsufficientDriver) return cudaGetErrorString(status);
  int driver = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0)
    return "no NVIDIA driver is installed on this machine, or the linker does not find its libcuda.so.1";
  return "the NVIDIA driver serves CUDA up to " + version_text(driver) + ", but this build needs " +
         version_text(CUDART_VERSION) + "; update the driver, or build with an older CUDA";
}

int existing(int64_t device) {
  int count = 0;  // stays as it is when the call fails
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) {
    cudaGetLastError();
    no_device(reason_of(status));
  }
  if (count == 0) no_device("the driver finds no GPU");
  if (device >= count)
    throw Error("no CUDA device " + std::to_string(device) + ": this machine has " + std::to_string(count) +
                    ", numbered from 0",
                TWOPASS_UNAVAILABLE, "device");
  // Takes hold of it, which fails where others have it to themselves or have left it no memory.
  if (const cudaError_t taken = cudaSetDevice(static_cast<int>(device)); taken != cudaSuccess) {
    cudaGetLastError();
    no_device("GPU " + std::to_string(device) + " cannot be used: " + reason_of(taken));
  }
  return static_cast<int>(device);
}

std::string name_of(int device) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, device), "asking for the GPU's name");
  return properties.name;
}

Owned<cudaStream_t> make_stream() {
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a stream");
  return Owned<cudaStream_t>(stream);
}

std::string text(const Fault& fault) {
  const std::string value = std::to_string(fault.value);
  switch (fault.code) {
    case Fault::kRowIndex:
      return "gather_rows: an index is " + value + ", which is no row of its input";
    case Fault::kMapChoice:
      return "gather_columns: a choice of map is " + value + ", which is no map";
    case Fault::kMapEntry:
      return "gather_columns: a map holds " + value + ", which is no column of its input";
    default:
      return "softmax_cross_entropy: a label is " + value + ", which is no column of the logits";
  }
}

}  // namespace

Gpu::Gpu(int64_t device)
    : device_(existing(device)), name_(name_of(device_)), stream_(make_stream()), fault_(sizeof(Fault)) {
  // The smallest kernel shows whether this build holds code for this GPU at all.
  try {
    check(cudaMemsetAsync(fault_.data(), 0xff, sizeof(Fault), stream()), "writing to the GPU");
    clear_fault(fault(), stream());
  } catch (const Error& e) {
    no_device("this build cannot run on " + name_ + ": " + e.what());
  }
  synchronize();
}

void Gpu::use() const { check(cudaSetDevice(device_), "selecting the GPU"); }

void Gpu::synchronize() {
  Fault found{};
  check(cudaMemcpyAsync(&found, fault_.data(), sizeof found, cudaMemcpyDeviceToHost, stream()),
        "reading from the GPU");
  check(cudaStreamSynchronize(stream()), "what the GPU was given to do");
  if (found.code == Fault::kNone) return;
  clear_fault(fault(), stream());
  throw Error(text(found), TWOPASS_INTERNAL);
}

}  // namespace twopass::cuda
