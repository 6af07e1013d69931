// Time of the ops of a training step at the default network's shapes: 784-2000-2000-2000-2000, 200 images per
// step.
//
//   backend_ops [BACKEND [option=value ...]] [--benchmark_filter=... and other options of Google Benchmark]
//
// GFLOP/s counts multiplications and additions of products, GB/s what an op must read and write at least.

#include <benchmark/benchmark.h>

#include <cstdio>
#include <string>
#include <vector>

#include "backend_under_test.hpp"

namespace {

using namespace twopass;

// A program under construction, and what it costs.
struct Bench {
  explicit Bench(const Device& owner) : device(owner) {}

  Device device;
  Program program{"benchmark"};
  std::vector<double> slots;
  double flops = 0, bytes = 0;

  Tensor tensor(int64_t rows, int64_t columns, twopass_role role = TWOPASS_INPUT) {
    const Tensor made = device.tensor("t" + std::to_string(count_++), role, rows, columns);
    std::vector<float> values(static_cast<size_t>(rows * columns));
    for (size_t index = 0; index < values.size(); ++index)
      values[index] = 0.01F * static_cast<float>(index % 97);
    device.upload(made, values);
    return made;
  }
  Tensor column(int64_t rows, int64_t below) {
    const Tensor made = device.tensor("i" + std::to_string(count_++), TWOPASS_INPUT, rows, 1, TWOPASS_I32);
    std::vector<int32_t> values(static_cast<size_t>(rows));
    for (size_t index = 0; index < values.size(); ++index)
      values[index] = static_cast<int32_t>(index % static_cast<size_t>(below));
    device.upload(made, values);
    return made;
  }
  void gemm(const Program::Gemm& gemm, int64_t inner) {
    program.gemm(gemm);
    flops += 2.0 * static_cast<double>(gemm.out.rows() * gemm.out.columns() * inner);
  }
  void forward(int64_t m, int64_t k, int64_t n) {
    gemm({.a = tensor(m, k),
          .b = tensor(n, k),
          .out = tensor(m, n),
          .transpose_b = true,
          .bias = tensor(1, n),
          .activation = TWOPASS_RELU},
         k);
  }
  void weight_gradient(int64_t m, int64_t k, int64_t n) {
    gemm({.a = tensor(m, n), .b = tensor(m, k), .out = tensor(n, k), .transpose_a = true}, m);
  }
  void input_gradient(int64_t m, int64_t k, int64_t n) {
    gemm({.a = tensor(m, n), .b = tensor(n, k), .out = tensor(m, k), .mask = tensor(m, k)}, n);
  }
  void label_columns(int64_t m, int64_t k, int64_t n) {
    gemm({.a = tensor(m, k),
          .b = tensor(n, 784).column_range(0, k),
          .out = tensor(m, n),
          .transpose_b = true,
          .beta = 1},
         k);
  }
  void adam(int64_t m, int64_t n) {
    slots = {1e-4, 2};
    const Slot rate = program.slot(), step = program.slot();
    program.optimizer({.gradient = tensor(m, n),
                       .weight = tensor(m, n),
                       .first_moment = tensor(m, n),
                       .second_moment = tensor(m, n),
                       .learning_rate = rate,
                       .step = step});
    bytes += 28.0 * static_cast<double>(m * n);
  }
  void moved(int64_t floats) { bytes += 4.0 * static_cast<double>(floats); }
  void layer_norm(int64_t m, int64_t n) {
    program.row_normalize(TWOPASS_LAYER_NORM, tensor(m, n), tensor(m, n), tensor(m, 1), 1e-5);
    moved(2 * m * n);
  }
  void layer_norm_gradient(int64_t m, int64_t n) {
    program.row_normalize_gradient(TWOPASS_LAYER_NORM, tensor(m, n), tensor(m, n), tensor(m, 1), tensor(m, n),
                                   tensor(m, n));
    moved(4 * m * n);
  }
  void goodness_loss(int64_t m, int64_t n) {
    program.goodness_loss({.h = tensor(m, n),
                           .positive_rows = m / 2,
                           .threshold = 10,
                           .scale = 0.005,
                           .goodness = tensor(m, 1),
                           .loss = tensor(m, 1),
                           .gradient = tensor(m, n)});
    moved(2 * m * n);
  }
  void bias_gradient(int64_t m, int64_t n) {
    program.column_reduce(TWOPASS_SUM, tensor(m, n), tensor(1, n));
    moved(m * n);
  }
  void relu(int64_t m, int64_t n) {
    const Tensor x = tensor(m, n);
    program.unary(TWOPASS_RELU, x, x);
    moved(2 * m * n);
  }

 private:
  int count_ = 0;
};

void measure(benchmark::State& state, host::HostDevice* device, void (*record)(Bench&)) {
  Bench bench(device->device());
  record(bench);
  const CompiledProgram program = bench.device.compile(bench.program);
  const auto run = [&] {
    program.run(bench.slots);
    bench.device.synchronize();
  };
  run();
  for ([[maybe_unused]] const auto& iteration : state) run();
  constexpr auto kRate = benchmark::Counter::kIsIterationInvariantRate;
  if (bench.flops > 0) state.counters["GFLOP/s"] = benchmark::Counter(bench.flops * 1e-9, kRate);
  if (bench.bytes > 0) state.counters["GB/s"] = benchmark::Counter(bench.bytes * 1e-9, kRate);
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
    {"input_gradient/200x2000x2000", [](Bench& b) { b.input_gradient(200, 2000, 2000); }},
    {"label_columns/200x1x2000", [](Bench& b) { b.label_columns(200, 1, 2000); }},
    {"label_columns/200x4x2000", [](Bench& b) { b.label_columns(200, 4, 2000); }},
    {"label_columns/200x24x2000", [](Bench& b) { b.label_columns(200, 24, 2000); }},
    {"label_gradient/200x4x2000", [](Bench& b) { b.weight_gradient(200, 4, 2000); }},
    {"probe_forward/200x2000x10", [](Bench& b) { b.forward(200, 2000, 10); }},
    {"probe_forward/200x6000x10", [](Bench& b) { b.forward(200, 6000, 10); }},
    {"probe_gradient/200x6000x10", [](Bench& b) { b.weight_gradient(200, 6000, 10); }},
    {"adam/2000x2000", [](Bench& b) { b.adam(2000, 2000); }},
    {"layer_norm/400x2000", [](Bench& b) { b.layer_norm(400, 2000); }},
    {"layer_norm_gradient/400x2000", [](Bench& b) { b.layer_norm_gradient(400, 2000); }},
    {"goodness_loss/400x2000", [](Bench& b) { b.goodness_loss(400, 2000); }},
    {"bias_gradient/400x2000", [](Bench& b) { b.bias_gradient(400, 2000); }},
    {"relu/400x2000", [](Bench& b) { b.relu(400, 2000); }},
};

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const std::string name = argc > 1 ? argv[1] : "blas";
  test::Settings settings;
  for (int argument = 2; argument < argc; ++argument) {
    const std::string text = argv[argument];
    settings[text.substr(0, text.find('='))] = text.substr(text.find('=') + 1);
  }
  try {
    const auto device = test::open_backend(name, settings);
    std::printf("%s, %s, %u threads\n", device->info().device, device->info().precision,
                device->info().threads);
    for (const Entry& entry : kEntries)
      benchmark::RegisterBenchmark(entry.name, measure, device.get(), entry.record)
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
    benchmark::RunSpecifiedBenchmarks();
  } catch (const twopass::Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
