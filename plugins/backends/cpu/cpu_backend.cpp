#include "cpu/cpu_backend.hpp"

#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cpu/floating_point.hpp"
#include "cpu/memory.hpp"
#include "cpu/parallel.hpp"
#include "cpu/storage.hpp"
#include "cpu/tile_product.hpp"
#include "cpu/weight_update.hpp"
#include "listing/arena.hpp"
#include "twopass/op_table.hpp"

namespace twopass::cpu {

namespace {

using listing::Arena;
using listing::Listing;

constexpr int64_t kCacheLine = 64;

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

// OpenMP's thread count belongs to the calling thread, and OpenBLAS follows it: it waits for ever where it
// gets fewer.
class ThreadCount {
 public:
  explicit ThreadCount(int threads) : before_(omp_get_max_threads()), was_dynamic_(omp_get_dynamic()) {
    omp_set_num_threads(threads);
    omp_set_dynamic(0);
  }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;
  ~ThreadCount() {
    omp_set_num_threads(before_);
    omp_set_dynamic(was_dynamic_);
  }

 private:
  int before_, was_dynamic_;
};

// A program's ops bound to memory, each fit to run.
class CpuProgram : public Backend::Executable {
 public:
  CpuProgram(const Listing& listing, int threads, kernels::Tiles tiles,
             const std::function<Step(const ResolvedOp&)>& prepare_gemm)
      : threads_(threads),
        arena_(listing::plan_arena(listing, kCacheLine)),
        temps_(static_cast<size_t>(arena_.bytes)) {
    std::vector<ResolvedOp> ops;
    for (const Listing::Entry& entry : listing.entries) ops.push_back(resolve(listing, entry.op));
    for (size_t index = 0; index < ops.size();) {
      const std::span<const ResolvedOp> rest = std::span(ops).subspan(index);
      if (const size_t count = listing.entries[index].update; count > 0) {
        add_update(rest.first(count), tiles);
        index += count;
      } else if (const size_t rows = add_rows(rest); rows > 0) {
        index += rows;
      } else if (rest[0].op.code == TWOPASS_OP_GEMM && TileProduct::can_do(rest[0])) {
        add_product(rest[0]);
        ++index;
      } else {
        steps_.push_back(rest[0].op.code == TWOPASS_OP_GEMM ? prepare_gemm(rest[0])
                                                            : prepare(rest[0], threads_));
        ++index;
      }
    }
    scratch_ = Memory(static_cast<size_t>(scratch_size_) * sizeof(float));
  }

  void run(const double* slots) override {
    const ThreadCount count(threads_);
    const FlushDenormals flush(threads_);
    for (const Step& step : steps_) step(slots);
  }

 private:
  void add_update(std::span<const ResolvedOp> ops, kernels::Tiles tiles) {
    const auto update = std::make_shared<const WeightUpdate>(ops, tiles, threads_);
    scratch_size_ = std::max(scratch_size_, update->scratch_size());
    steps_.emplace_back([this, update](const double* slots) {
      update->run(slots, reinterpret_cast<float*>(scratch_.data()));
    });
  }

  void add_product(const ResolvedOp& op) {
    const auto product = std::make_shared<const TileProduct>(op, threads_);
    scratch_size_ = std::max(scratch_size_, product->scratch_size());
    steps_.emplace_back(
        [this, product](const double*) { product->run(reinterpret_cast<float*>(scratch_.data())); });
  }

  // One step for the ops in front that work row by row. Returns how many.
  size_t add_rows(std::span<const ResolvedOp> ops) {
    std::vector<RowStep> chain;
    for (const ResolvedOp& op : ops) {
      const std::optional<RowStep> rows = prepare_rows(op);
      const auto fits = [&](const ResolvedOp& earlier) { return rows_stay_apart(earlier, op); };
      if (!rows || (!chain.empty() && rows->rows != chain[0].rows) ||
          !std::ranges::all_of(ops.first(chain.size()), fits))
        break;
      chain.push_back(*rows);
    }
    if (!chain.empty())
      steps_.emplace_back([chain, threads = threads_](const double*) {
        parallel_rows(threads, chain[0].rows, chain[0].columns, [&](int64_t row) {
          for (const RowStep& step : chain) step.body(row);
        });
      });
    return chain.size();
  }

  ResolvedOp resolve(const Listing& listing, const twopass_op& op) const {
    ResolvedOp resolved{op};
    const auto bind = [&](const twopass_view& view, void*& data, uint32_t& type) {
      if (view.buffer < 0) return;
      const twopass_buffer& buffer = listing.buffers[static_cast<size_t>(view.buffer)];
      std::byte* memory = address(buffer, view.buffer);
      if (memory != nullptr) data = memory + view.first * type_bytes(buffer.type);
      type = buffer.type;
    };
    for (size_t index = 0; index < resolved.in_data.size(); ++index)
      bind(op.in[index], resolved.in_data[index], resolved.in_type[index]);
    for (size_t index = 0; index < resolved.out_data.size(); ++index) {
      bind(op.out[index], resolved.out_data[index], resolved.out_type[index]);
      if (op.out[index].buffer >= 0)
        resolved.out_storage[index] = storage_of(listing.buffers[static_cast<size_t>(op.out[index].buffer)]);
    }
    return resolved;
  }

  // Null for the gradient of an update, which has no place.
  std::byte* address(const twopass_buffer& buffer, int32_t index) const {
    if (const CpuStorage* storage = storage_of(buffer)) return storage->data();
    const int64_t offset = arena_.offsets[static_cast<size_t>(index)];
    return offset < 0 ? nullptr : temps_.data() + offset;
  }

  int threads_;
  Arena arena_;
  Memory temps_;
  std::vector<Step> steps_;
  int64_t scratch_size_ = 0;
  Memory scratch_{0};
};

}  // namespace

CpuBackend::CpuBackend(int64_t threads)
    : threads_(std::min(threads > 0 ? static_cast<int>(threads) : usable_cores(), omp_get_thread_limit())) {}

BackendInfo CpuBackend::open() {
  BackendInfo info;
  info.device = cpu_name();
  info.threads = static_cast<uint32_t>(threads_);
  for (const OpDescription& op : kOps)
    if (op.code >= TWOPASS_OP_FIRST_FUSED) info.fused_ops.push_back(op.code);
  info.types.push_back(TWOPASS_BF16);
  return info;
}

std::unique_ptr<Backend::Storage> CpuBackend::create(const twopass_buffer& buffer) {
  return std::make_unique<CpuStorage>(buffer);
}

std::unique_ptr<Backend::Executable> CpuBackend::compile(const twopass_program& program) {
  const ThreadCount count(threads_);  // libraries plan for as many threads as they find
  Listing listing(program);
  const kernels::Tiles tiles = update_tiles();
  if (kernels::has_tiles(tiles)) mark_updates(listing);
  rewrite(listing);
  return std::make_unique<CpuProgram>(listing, threads_, tiles,
                                      [this](const ResolvedOp& op) { return prepare_gemm(op); });
}

}  // namespace twopass::cpu
