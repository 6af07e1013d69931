#include "cpu/cpu_backend.hpp"

#include <omp.h>
#include <sched.h>

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "cpu/arena.hpp"
#include "cpu/floating_point.hpp"
#include "cpu/memory.hpp"
#include "twopass/op_table.hpp"

namespace twopass::cpu {

namespace {

// What taskset, a container or a batch system leaves to this process.
int usable_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return omp_get_num_procs();
  return CPU_COUNT(&set);
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "CPU";
}

class CpuStorage : public Backend::Storage {
 public:
  explicit CpuStorage(const twopass_buffer& buffer)
      : element_(type_bytes(buffer.type)),
        memory_(static_cast<size_t>(buffer.rows * buffer.columns * element_)) {}

  void upload(int64_t first, int64_t count, const void* data) override {
    std::memcpy(memory_.data() + first * element_, data, static_cast<size_t>(count * element_));
  }
  void download(int64_t first, int64_t count, void* data) override {
    std::memcpy(data, memory_.data() + first * element_, static_cast<size_t>(count * element_));
  }
  std::byte* data() const { return memory_.data(); }

 private:
  int64_t element_;
  Memory memory_;
};

// OpenMP's thread count belongs to the calling thread, and OpenBLAS follows it.
class ThreadCount {
 public:
  explicit ThreadCount(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;
  ~ThreadCount() { omp_set_num_threads(before_); }

 private:
  int before_;
};

class CpuProgram : public Backend::Executable {
 public:
  CpuProgram(const twopass_program& program, int threads,
             const std::function<Step(const ResolvedOp&)>& prepare_op)
      : threads_(threads), arena_(plan_arena(program)), temps_(static_cast<size_t>(arena_.bytes)) {
    for (uint32_t index = 0; index < program.op_count; ++index)
      steps_.push_back(prepare_op(resolve(program, abi::at(program.ops, index))));
  }

  void run(const double* slots) override {
    const ThreadCount count(threads_);
    const FlushDenormals flush(threads_);
    for (const Step& step : steps_) step(slots);
  }

 private:
  ResolvedOp resolve(const twopass_program& program, const twopass_op& op) const {
    ResolvedOp resolved{abi::copy(op)};
    const auto bind = [&](const twopass_view& view, void*& data, uint32_t& type) {
      if (view.buffer < 0) return;
      const twopass_buffer& buffer = abi::at(program.buffers, static_cast<size_t>(view.buffer));
      data = address(buffer, view.buffer) + view.first * type_bytes(buffer.type);
      type = buffer.type;
    };
    for (size_t index = 0; index < resolved.in_data.size(); ++index)
      bind(op.in[index], resolved.in_data[index], resolved.in_type[index]);
    for (size_t index = 0; index < resolved.out_data.size(); ++index)
      bind(op.out[index], resolved.out_data[index], resolved.out_type[index]);
    return resolved;
  }

  std::byte* address(const twopass_buffer& buffer, int32_t index) const {
    if (buffer.storage == nullptr) return temps_.data() + arena_.offsets[static_cast<size_t>(index)];
    return static_cast<CpuStorage*>(static_cast<Backend::Storage*>(buffer.storage))->data();
  }

  int threads_;
  Arena arena_;
  Memory temps_;
  std::vector<Step> steps_;
};

}  // namespace

CpuBackend::CpuBackend(int64_t threads)
    : threads_(threads > 0 ? static_cast<int>(threads) : usable_cores()) {}

BackendInfo CpuBackend::open() {
  BackendInfo info;
  info.device = cpu_name();
  info.threads = static_cast<uint32_t>(threads_);
  for (const OpDescription& op : kOps)
    if (op.code >= TWOPASS_OP_FIRST_FUSED) info.fused_ops.push_back(op.code);
  return info;
}

std::unique_ptr<Backend::Storage> CpuBackend::create(const twopass_buffer& buffer) {
  return std::make_unique<CpuStorage>(buffer);
}

std::unique_ptr<Backend::Executable> CpuBackend::compile(const twopass_program& program) {
  const ThreadCount count(threads_);  // libraries plan for as many threads as they find
  return std::make_unique<CpuProgram>(program, threads_, [this](const ResolvedOp& op) {
    return op.op.code == TWOPASS_OP_GEMM ? prepare_gemm(Gemm(op)) : prepare(op, threads_);
  });
}

}  // namespace twopass::cpu
