#include <sys/mman.h>

#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "cuda/kernel_launch.cuh"

using Work = std::vector<std::function<void()>>;

struct CUstream_st {};
struct CUevent_st {
  size_t behind = 0;  // how many pieces of work come before it
};
struct CUgraph_st {
  Work work;
};
struct CUgraphExec_st {
  Work work;
};

namespace {

cudaGraph_t captured = nullptr;  // what is being captured

// What was given to the stream and is not done: a GPU is behind its host, here until the host waits for it.
std::deque<std::function<void()>> waiting;
size_t done = 0;

size_t given() { return done + waiting.size(); }
cudaError_t work_until(size_t count) {
  while (done < count) {
    const std::function<void()> next = std::move(waiting.front());
    waiting.pop_front();
    ++done;
    next();
  }
  return cudaSuccess;
}

// Where a piece of memory is mapped, with the pages around it that nobody may touch.
struct Mapping {
  void* begin;
  size_t bytes;
};
std::map<void*, Mapping>& mappings() {
  static auto* all = new std::map<void*, Mapping>;  // outlives whatever is freed at the end
  return *all;
}

cudaError_t outside_of_captures() {
  return captured == nullptr ? cudaSuccess : cudaErrorStreamCaptureUnsupported;
}

}  // namespace

namespace twopass::cuda {

void submit(cudaStream_t, std::function<void()> work) {
  if (captured != nullptr)
    captured->work.push_back(std::move(work));
  else
    waiting.push_back(std::move(work));
}

}  // namespace twopass::cuda

const char* cudaGetErrorString(cudaError_t) { return "an error"; }
const char* cudaGetErrorName(cudaError_t) { return "cudaError"; }
cudaError_t cudaGetLastError() { return cudaSuccess; }
cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int) { return cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  std::strcpy(properties->name, "this machine's host");
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  *free = *total = size_t{1} << 30;
  return cudaSuccess;
}

// As much as cudaMemGetInfo says, in any one piece. It ends where a page ends.
cudaError_t cudaMalloc(void** data, size_t bytes) {
  if (bytes > size_t{1} << 30) return cudaErrorMemoryAllocation;
  constexpr size_t kAlignment = 256, kPage = 4096;
  const size_t used = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  const size_t pages = (used + kPage - 1) / kPage * kPage;
  const size_t mapped = pages + 2 * kPage;
  void* begin = mmap(nullptr, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (begin == MAP_FAILED) return cudaErrorMemoryAllocation;
  char* inside = static_cast<char*>(begin) + kPage;
  mprotect(inside, pages, PROT_READ | PROT_WRITE);
  std::memset(inside, 0xff, pages);
  *data = inside + pages - used;
  mappings()[*data] = {begin, mapped};
  return outside_of_captures();
}
// At once, so that work which still needs it faults.
cudaError_t cudaFree(void* data) {
  if (const auto node = mappings().extract(data)) munmap(node.mapped().begin, node.mapped().bytes);
  return outside_of_captures();
}

// From the host's memory at the call, into it when the host waits; both are pageable, so not in a capture.
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  if (kind == cudaMemcpyHostToDevice) {
    const auto* first = static_cast<const char*>(from);
    twopass::cuda::submit(stream, [to, staged = std::vector<char>(first, first + bytes)] {
      std::memcpy(to, staged.data(), staged.size());
    });
  } else {
    twopass::cuda::submit(stream, [=] { std::memcpy(to, from, bytes); });
  }
  return outside_of_captures();
}
cudaError_t cudaMemsetAsync(void* data, int value, size_t bytes, cudaStream_t stream) {
  twopass::cuda::submit(stream, [=] { std::memset(data, value, bytes); });
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new CUstream_st;
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) {
  return captured != nullptr ? outside_of_captures() : work_until(given());
}
cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) {
  captured = new CUgraph_st;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
  *graph = std::exchange(captured, nullptr);
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CUevent_st;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
  event->behind = given();
  return outside_of_captures();
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return captured != nullptr ? outside_of_captures() : work_until(event->behind);
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* ready, cudaGraph_t graph, unsigned long long) {
  *ready = new CUgraphExec_st{graph->work};
  return cudaSuccess;
}
cudaError_t cudaGraphUpload(cudaGraphExec_t, cudaStream_t) { return outside_of_captures(); }
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t) {
  waiting.insert(waiting.end(), graph->work.begin(), graph->work.end());
  return outside_of_captures();
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  delete graph;
  return cudaSuccess;
}
