// One training step of a pipeline, beside what the machine's rates allow: those of products and of the
// optimiser alone, measured in the same run.
//
//   training_step PIPELINE [key=value ...] [--benchmark_min_time=... and other options of Google Benchmark]
//
// GFLOP/s counts multiplications and additions, GB/s the optimiser's state, read and written. Of the step:
// peak_share is its rate over that of a large product, floor_share the time of its products, at the rate of
// its own shape, and of its optimiser, one after the other, over the time measured; more than 1 where the two
// overlap. peak_MB is the most memory the process held: run one step per process.

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <string>
#include <vector>

#include "pipeline/diagnostic.hpp"
#include "training.hpp"
#include "twopass/network.hpp"

namespace {

using namespace twopass;
using benchmarks::Training;

// What a step of dense layers has to compute and to update.
struct Work {
  double flops = 0, weights = 0;
};

Work work_of_step(const run::Wiring& wiring, int64_t batch) {
  const bool is_ff = wiring.pipeline.trainer.plugin == "ff";
  const Task& task = wiring.task;
  auto inputs = static_cast<double>(task.channels * task.height * task.width);
  Work work;
  for (const int64_t width : Network(wiring.pipeline.network.typed()).hidden) {
    const double weights = inputs * static_cast<double>(width);
    // Per image, a forward product and the weight gradient. FF takes two images through all but the first
    // layer, which their pixels share; BP adds the gradient of all inputs but the first.
    const double products = work.weights == 0 ? 2 : is_ff ? 4 : 3;
    work.flops += 2 * products * weights * static_cast<double>(batch);
    work.weights += weights;
    inputs = static_cast<double>(width);
  }
  return work;
}

// Runs `body` as Google Benchmark wants; returns the mean seconds.
template <class Body>
double time(benchmark::State& state, const Device& device, const Body& body) {
  body();
  device.synchronize();
  const auto start = std::chrono::steady_clock::now();
  int64_t count = 0;
  for ([[maybe_unused]] const auto& iteration : state) {
    body();
    device.synchronize();
    ++count;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return took.count() / static_cast<double>(count);
}

// FLOP/s of the forward product of `rows` images in a layer of weights [width, width].
double measure_product(benchmark::State& state, const Device& device, int64_t rows, int64_t width) {
  Program program("product");
  const Tensor x = program.temp("x", rows, width), y = program.temp("y", rows, width);
  program.fill(x, 1);
  program.gemm(
      {.a = x, .b = device.tensor("weight", TWOPASS_PARAM, width, width), .out = y, .transpose_b = true});
  const CompiledProgram compiled = device.compile(program);
  const double flops = 2.0 * static_cast<double>(rows * width * width);
  const double seconds = time(state, device, [&] { compiled.run(); });
  state.counters["GFLOP/s"] = 1e-9 * flops / seconds;
  return flops / seconds;
}

// Weights per second of an Adam step.
double measure_optimizer(benchmark::State& state, const Device& device, int64_t width) {
  Program program("optimizer");
  const auto state_tensor = [&](const char* name) {
    return device.tensor(name, TWOPASS_STATE, width, width);
  };
  const Slot rate = program.slot(), step = program.slot();
  program.optimizer({TWOPASS_ADAM, state_tensor("gradient"), state_tensor("weight"), state_tensor("first"),
                     state_tensor("second"), rate, step});
  const CompiledProgram compiled = device.compile(program);
  const double weights = static_cast<double>(width) * static_cast<double>(width);
  const double seconds = time(state, device, [&] { compiled.run({1e-4, 2}); });
  state.counters["GB/s"] = 1e-9 * 6 * sizeof(float) * weights / seconds;
  return weights / seconds;
}

class Measurement {
 public:
  Measurement(const pipeline::Pipeline& pipeline, host::Registry& registry)
      : training_(pipeline, registry, 1), work_(work_of_step(training_.wiring(), training_.batch_size())) {
    training_.load(0);
    const bool is_ff = pipeline.trainer.plugin == "ff";
    const int64_t rows = is_ff ? 2 * training_.batch_size() : training_.batch_size();
    const int64_t width = Network(pipeline.network.typed()).hidden.back();
    const Device device = training_.device();
    add("step/alone", [=, this](benchmark::State& state) { step(state); });  // before others take memory
    add("product/2048x2048x2048",
        [=, this](benchmark::State& state) { peak_ = measure_product(state, device, 2048, 2048); });
    add(fmt::format("product/{}x{}x{}", rows, width, width),
        [=, this](benchmark::State& state) { product_rate_ = measure_product(state, device, rows, width); });
    add(fmt::format("adam/{}x{}", width, width),
        [=, this](benchmark::State& state) { optimizer_rate_ = measure_optimizer(state, device, width); });
    add("step", [=, this](benchmark::State& state) {
      const double seconds = step(state);
      state.counters["peak_share"] = work_.flops / seconds / peak_;
      state.counters["floor_share"] =
          (work_.flops / product_rate_ + work_.weights / optimizer_rate_) / seconds;
    });
  }

 private:
  template <class Body>
  static void add(const std::string& name, const Body& body) {
    benchmark::RegisterBenchmark(name.c_str(), body)->UseRealTime()->Unit(benchmark::kMillisecond);
  }

  double step(benchmark::State& state) {
    const double seconds = time(state, training_.device(), [&] { training_.trainer().step(0); });
    state.counters["GFLOP/s"] = 1e-9 * work_.flops / seconds;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    state.counters["peak_MB"] = static_cast<double>(usage.ru_maxrss) * 1024e-6;
    return seconds;
  }

  Training training_;
  Work work_;
  double peak_ = 0, product_rate_ = 0, optimizer_rate_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc < 2) {
    fmt::print(stderr, "usage: training_step PIPELINE [key=value ...] [options of Google Benchmark]\n");
    return 2;
  }
  try {
    host::Registry registry(host::search_path({}));
    const pipeline::Pipeline pipeline =
        pipeline::load(argv[1], std::vector<std::string>(argv + 2, argv + argc), registry);
    const Measurement measurement(pipeline, registry);
    benchmark::RunSpecifiedBenchmarks();
  } catch (const std::exception& e) {
    fmt::print(stderr, "training_step: {}\n", e.what());
    return 1;
  }
}
