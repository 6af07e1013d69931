#include "cuda/program.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "cuda/kernels.hpp"
#include "cuda/status.hpp"
#include "cuda/storage.hpp"
#include "twopass/op_table.hpp"

namespace twopass::cuda {

namespace {

constexpr int64_t kTempAlignment = 256;  // as cudaMalloc's own, so that temps suit cublasLt as well

std::vector<twopass_op> optimizers_of(const listing::Listing& listing) {
  std::vector<twopass_op> result;
  for (const listing::Listing::Entry& entry : listing.entries)
    if (entry.op.code == TWOPASS_OP_OPTIMIZER) result.push_back(entry.op);
  return result;
}

// Where operands lie, each from its first byte to behind its last. Of absent ones nothing.
using Ranges = std::vector<std::pair<const std::byte*, const std::byte*>>;

template <size_t N>
void add_ranges(Ranges& ranges, const twopass_view (&views)[N], const std::array<void*, N>& data,
                const std::array<uint32_t, N>& types) {
  for (size_t position = 0; position < N; ++position) {
    if (data[position] == nullptr) continue;
    const twopass_view& view = views[position];
    const auto* first = static_cast<const std::byte*>(data[position]);
    ranges.emplace_back(first,
                        first + ((view.rows - 1) * view.stride + view.columns) * type_bytes(types[position]));
  }
}

// By address, as temps may lie where an earlier one has died.
bool writes_into(const BoundOp& op, const BoundOp& other) {
  Ranges written, used;
  add_ranges(written, op.op.out, op.out_data, op.out_type);
  add_ranges(used, other.op.in, other.in_data, other.in_type);
  add_ranges(used, other.op.out, other.out_data, other.out_type);
  return std::ranges::any_of(written, [&](const auto& a) {
    return std::ranges::any_of(used, [&](const auto& b) { return a.first < b.second && b.first < a.second; });
  });
}

bool may_join(const BoundOp& op, const std::vector<BoundOp>& others) {
  return op.op.code == others.front().op.code && may_share_kernel(op.op.code) &&
         others.size() < kMostTogether && std::ranges::none_of(others, [&](const BoundOp& other) {
           return writes_into(op, other) || writes_into(other, op);
         });
}

}  // namespace

GpuProgram::GpuProgram(const listing::Listing& listing, uint32_t slot_count, Gpu& gpu, Products& products,
                       Launch launch)
    : gpu_(gpu),
      arena_(listing::plan_arena(listing, kTempAlignment)),
      temps_(static_cast<size_t>(arena_.bytes)),
      slot_count_(slot_count),
      optimizers_(optimizers_of(listing)),
      values_(slot_count_ + optimizers_.size() * kOptimizerSettings),
      values_on_gpu_(values_.size() * sizeof(double)) {
  for (Owned<cudaEvent_t>& event : ended_) {
    cudaEvent_t made = nullptr;
    // Blocking: a thread that waits for its place in the queue leaves its core to others.
    check(cudaEventCreateWithFlags(&made, cudaEventDisableTiming | cudaEventBlockingSync),
          "creating an event");
    event.reset(made);
  }
  // Products are tried on what lies there now.
  if (temps_.bytes() > 0)
    check(cudaMemsetAsync(temps_.data(), 0, temps_.bytes(), gpu_.stream()), "clearing temps");

  const double* settings = reinterpret_cast<const double*>(values_on_gpu_.data()) + slot_count_;
  std::vector<BoundOp> together;
  const auto add_step = [&] {
    if (!together.empty()) steps_.push_back(prepare(together, gpu_, products));
    together.clear();
  };
  for (const listing::Listing::Entry& entry : listing.entries) {
    BoundOp op = bind(listing, entry.op);
    if (entry.op.code == TWOPASS_OP_OPTIMIZER) {
      op.settings = settings;
      settings += kOptimizerSettings;
    }
    if (!together.empty() && !may_join(op, together)) add_step();
    together.push_back(op);
  }
  add_step();
  if (launch == Launch::kGraph) capture();
}

GpuProgram::~GpuProgram() {
  cudaStreamSynchronize(gpu_.stream());  // the last run may still read what is freed now
}

BoundOp GpuProgram::bind(const listing::Listing& listing, const twopass_op& op) const {
  BoundOp bound{op};
  bound.slots = reinterpret_cast<const double*>(values_on_gpu_.data());
  const auto address = [&](const twopass_view& view) -> std::byte* {
    const auto index = static_cast<size_t>(view.buffer);
    const GpuStorage* storage = storage_of(listing.buffers[index]);
    std::byte* memory = storage != nullptr ? storage->data() : temps_.data() + arena_.offsets[index];
    return memory + view.first * type_bytes(listing.buffers[index].type);
  };
  for (size_t position = 0; position < bound.in_data.size(); ++position) {
    if (op.in[position].buffer < 0) continue;
    bound.in_data[position] = address(op.in[position]);
    bound.in_type[position] = listing.buffers[static_cast<size_t>(op.in[position].buffer)].type;
  }
  for (size_t position = 0; position < bound.out_data.size(); ++position) {
    if (op.out[position].buffer < 0) continue;
    bound.out_data[position] = address(op.out[position]);
    bound.out_type[position] = listing.buffers[static_cast<size_t>(op.out[position].buffer)].type;
  }
  if (op.out[0].buffer >= 0)
    if (const GpuStorage* storage = storage_of(listing.buffers[static_cast<size_t>(op.out[0].buffer)]))
      if (const GpuStorage* copy = storage->working_copy())
        bound.working_copy = reinterpret_cast<uint16_t*>(copy->data()) + op.out[0].first;
  return bound;
}

void GpuProgram::start_steps() const {
  for (const Step& step : steps_) step(gpu_.stream());
}

// Relaxed: what a library allocates for itself when its kernel is first used must not end the capture.
void GpuProgram::capture() {
  constexpr std::string_view kDoing =
      "capturing a program into a CUDA graph (the option 'graph: false' does without)";
  check(cudaStreamBeginCapture(gpu_.stream(), cudaStreamCaptureModeRelaxed), kDoing);
  cudaGraph_t captured = nullptr;
  try {
    start_steps();
  } catch (...) {
    cudaStreamEndCapture(gpu_.stream(), &captured);
    if (captured != nullptr) cudaGraphDestroy(captured);
    cudaGetLastError();  // that of the capture, which the first error ended
    throw;
  }
  check(cudaStreamEndCapture(gpu_.stream(), &captured), kDoing);
  const Owned<cudaGraph_t> graph(captured);
  cudaGraphExec_t ready = nullptr;
  check(cudaGraphInstantiate(&ready, graph.get(), 0), kDoing);
  graph_.reset(ready);
  // What its first launch would allocate on the GPU is allocated now.
  check(cudaGraphUpload(graph_.get(), gpu_.stream()), kDoing);
}

// The stream keeps the order: these values reach the GPU after the run before has ended.
void GpuProgram::write_values(const double* slots) {
  std::copy_n(slots, slot_count_, values_.data());
  double* settings = values_.data() + slot_count_;
  for (const twopass_op& op : optimizers_) {
    optimizer_settings(op, slots, settings);
    settings += kOptimizerSettings;
  }
  cuda::write_values(values_.data(), values_.size(), reinterpret_cast<double*>(values_on_gpu_.data()),
                     gpu_.stream());
}

void GpuProgram::run(const double* slots) {
  gpu_.use();
  const cudaEvent_t ended = ended_[turn_++ % kAhead].get();
  check(cudaEventSynchronize(ended), "waiting for an earlier run");  // at once, where none was recorded
  write_values(slots);
  if (graph_ != nullptr)
    check(cudaGraphLaunch(graph_.get(), gpu_.stream()), "starting a program");
  else
    start_steps();
  check(cudaEventRecord(ended, gpu_.stream()), "recording an event");
}

}  // namespace twopass::cuda
