// Time of the ops of a training step at the default network's shapes: 784-2000-2000-2000-2000, 200 images per
// step.
//
//   backend_ops [BACKEND [option=value ...]] [--benchmark_filter=... and other options of Google Benchmark]
//
// GFLOP/s counts multiplications and additions of products, GB/s all operands once, or twice where read and
// written.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backend_under_test.hpp"
#include "runs_together.hpp"
#include "twopass/op_table.hpp"

namespace {

using namespace twopass;

struct Bench {
  explicit Bench(const Device& owner) : device(owner) {}

  Tensor tensor(int64_t rows, int64_t columns) {
    Tensor made = device.tensor("t" + std::to_string(count_++), TWOPASS_INPUT, rows, columns);
    std::vector<float> values(static_cast<size_t>(rows * columns));
    for (size_t index = 0; index < values.size(); ++index)
      values[index] = 0.01F * static_cast<float>(index % 97);
    device.upload(made, values);
    return made;
  }

  void forward(int64_t m, int64_t k, int64_t n) {
    const Tensor x = tensor(m, k), w = tensor(n, k), y = tensor(m, n), bias = tensor(1, n);
    program.gemm({.a = x, .b = w, .out = y, .transpose_b = true, .bias = bias, .activation = TWOPASS_RELU});
  }
  void weight_gradient(int64_t m, int64_t k, int64_t n) {
    program.gemm({.a = tensor(m, n), .b = tensor(m, k), .out = tensor(n, k), .transpose_a = true});
  }
  void label_columns(int64_t m, int64_t k, int64_t n) {
    const Tensor w = tensor(n, 784).column_range(0, k);
    program.gemm({.a = tensor(m, k), .b = w, .out = tensor(m, n), .transpose_b = true, .beta = 1});
  }
  void adam(int64_t m, int64_t n) {
    slots = {1e-4, 2};
    const Slot rate = program.slot(), step = program.slot();
    program.optimizer({TWOPASS_ADAM, tensor(m, n), tensor(m, n), tensor(m, n), tensor(m, n), rate, step});
  }
  void layer_norm(int64_t m, int64_t n) {
    program.row_normalize(TWOPASS_LAYER_NORM, tensor(m, n), tensor(m, n), tensor(m, 1), 1e-5);
  }
  void goodness_loss(int64_t m, int64_t n) {
    const Tensor goodness = tensor(m, 1), loss = tensor(m, 1), gradient = tensor(m, n);
    program.goodness_loss({TWOPASS_NORM, tensor(m, n), m / 2, 10, 0.005, goodness, loss, gradient});
  }
  void bias_gradient(int64_t m, int64_t n) { program.column_reduce(TWOPASS_SUM, tensor(m, n), tensor(1, n)); }

  // What the program computes or, where it has no product, moves: operands count twice where an op reads and
  // writes.
  std::pair<const char*, double> cost() const {
    int64_t flops = 0, floats = 0;
    const twopass_program recorded = program.abi_program();
    for (const twopass_op& op : std::span(recorded.ops, recorded.op_count)) {
      const int64_t inner = op.mode[0] != 0 ? op.in[0].rows : op.in[0].columns;
      if (op.code == TWOPASS_OP_GEMM) flops += 2 * op.out[0].rows * op.out[0].columns * inner;
      for (const twopass_view& view : op.in) floats += view.rows * view.columns;
      for (const twopass_view& view : op.out) floats += view.rows * view.columns * (reads_output(op) ? 2 : 1);
    }
    if (flops > 0) return {"GFLOP/s", 1e-9 * static_cast<double>(flops)};
    return {"GB/s", 4e-9 * static_cast<double>(floats)};
  }

  Device device;
  Program program{"benchmark"};
  std::vector<double> slots;

 private:
  int count_ = 0;
};

// `together`: how many runs there are before one waits for the device.
void measure(benchmark::State& state, host::HostDevice* device, int64_t together, void (*record)(Bench&)) {
  Bench bench(device->device());
  record(bench);
  const CompiledProgram program = bench.device.compile(bench.program);
  const auto run = [&] {
    for (int64_t count = 0; count < together; ++count) program.run(bench.slots);
    bench.device.synchronize();
  };
  run();
  while (state.KeepRunningBatch(together)) run();
  const auto [unit, amount] = bench.cost();
  state.counters[unit] = benchmark::Counter(amount, benchmark::Counter::kIsIterationInvariantRate);
}

struct Entry {
  const char* name;
  void (*record)(Bench&);
};
constexpr Entry kEntries[] = {
    {"forward/200x784x2000", [](Bench& b) { b.forward(200, 784, 2000); }},
    {"forward/400x2000x2000", [](Bench& b) { b.forward(400, 2000, 2000); }},
    {"weight_gradient/200x784x2000", [](Bench& b) { b.weight_gradient(200, 784, 2000); }},
    {"weight_gradient/400x2000x2000", [](Bench& b) { b.weight_gradient(400, 2000, 2000); }},
    {"label_columns/200x1x2000", [](Bench& b) { b.label_columns(200, 1, 2000); }},
    {"label_columns/200x4x2000", [](Bench& b) { b.label_columns(200, 4, 2000); }},
    {"label_columns/200x24x2000", [](Bench& b) { b.label_columns(200, 24, 2000); }},
    {"probe_forward/200x2000x10", [](Bench& b) { b.forward(200, 2000, 10); }},
    {"probe_forward/200x6000x10", [](Bench& b) { b.forward(200, 6000, 10); }},
    {"probe_gradient/200x6000x10", [](Bench& b) { b.weight_gradient(200, 6000, 10); }},
    {"adam/2000x2000", [](Bench& b) { b.adam(2000, 2000); }},
    {"layer_norm/400x2000", [](Bench& b) { b.layer_norm(400, 2000); }},
    {"goodness_loss/400x2000", [](Bench& b) { b.goodness_loss(400, 2000); }},
    {"bias_gradient/400x2000", [](Bench& b) { b.bias_gradient(400, 2000); }},
    {"elementwise_of_ff_layer/400x2000",
     [](Bench& b) {
       b.layer_norm(400, 2000);
       b.goodness_loss(400, 2000);
       b.bias_gradient(400, 2000);
     }},
};

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const std::string name = argc > 1 ? argv[1] : "blas";
  const test::Settings settings(argv + std::min(argc, 2), argv + argc);
  try {
    const auto device = test::open_backend(name, settings);
    std::printf("%s, %s, %u threads\n", device->info().device, device->info().precision,
                device->info().threads);
    for (const Entry& entry : kEntries)
      benchmark::RegisterBenchmark(entry.name, measure, device.get(), benchmarks::runs_together(name),
                                   entry.record)
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
    benchmark::RunSpecifiedBenchmarks();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
