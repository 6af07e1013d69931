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
#include <map>
#include <string>
#include <vector>

#include "pipeline/diagnostic.hpp"
#include "runs_together.hpp"
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

// Runs `body` as Google Benchmark wants, `together` times before one waits for the device; returns the mean
// seconds.
template <class Body>
double time(benchmark::State& state, const Device& device, int64_t together, const Body& body) {
  body();
  device.synchronize();
  const auto start = std::chrono::steady_clock::now();
  int64_t count = 0;
  while (state.KeepRunningBatch(together)) {
    for (int64_t part = 0; part < together; ++part) body();
    device.synchronize();
    count += together;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return took.count() / static_cast<double>(count);
}

// The forward product of `rows` images in a layer of weights [width, width].
CompiledProgram compile_product(const Device& device, int64_t rows, int64_t width) {
  Program program("product");
  const Tensor x = device.tensor("x", TWOPASS_INPUT, rows, width);
  const std::string name = fmt::format("weight of {}x{}", rows, width);
  program.gemm({.a = x,
                .b = device.tensor(name, TWOPASS_PARAM, width, width),
                .out = program.temp("y", rows, width),
                .transpose_b = true});
  return device.compile(program);
}

// An Adam step on weights [width, width].
CompiledProgram compile_optimizer(const Device& device, int64_t width) {
  Program program("optimizer");
  const auto tensor = [&] { return device.tensor("optimizer", TWOPASS_INPUT, width, width); };
  const Slot rate = program.slot(), step = program.slot();
  program.optimizer({TWOPASS_ADAM, tensor(), tensor(), tensor(), tensor(), rate, step});
  return device.compile(program);
}

class Measurement {
 public:
  Measurement(const pipeline::Pipeline& pipeline, host::Registry& registry)
      : training_(pipeline, registry, 1),
        work_(work_of_step(training_.wiring(), training_.batch_size())),
        together_(benchmarks::runs_together(pipeline.backend.plugin)) {
    training_.load(0);
    const bool is_ff = pipeline.trainer.plugin == "ff";
    const int64_t rows = is_ff ? 2 * training_.batch_size() : training_.batch_size();
    const int64_t width = Network(pipeline.network.typed()).hidden.back();
    add("step/alone", [=, this](benchmark::State& state) { step(state); });  // before others take memory
    add_product(2048, 2048, peak_);
    add_product(rows, width, product_rate_);
    add_optimizer(width);
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

  // Compiled when it runs first, for the sake of the step's peak_MB; kept here, as the library's benchmarks
  // outlive the device.
  template <class Compile>
  const CompiledProgram& compiled(const std::string& name, const Compile& compile) {
    const auto found = programs_.find(name);
    return found != programs_.end() ? found->second : programs_.emplace(name, compile()).first->second;
  }

  void add_product(int64_t rows, int64_t width, double& rate) {
    const std::string name = fmt::format("product/{}x{}x{}", rows, width, width);
    add(name, [=, this, &rate](benchmark::State& state) {
      const Device device = training_.device();
      const CompiledProgram& program = compiled(name, [&] { return compile_product(device, rows, width); });
      rate = 2.0 * static_cast<double>(rows * width * width) /
             time(state, device, together_, [&] { program.run(); });
      state.counters["GFLOP/s"] = 1e-9 * rate;
    });
  }
  void add_optimizer(int64_t width) {
    const std::string name = fmt::format("adam/{}x{}", width, width);
    add(name, [=, this](benchmark::State& state) {
      const Device device = training_.device();
      const CompiledProgram& program = compiled(name, [&] { return compile_optimizer(device, width); });
      optimizer_rate_ = static_cast<double>(width * width) / time(state, device, together_, [&] {
                          program.run({1e-4, 2});
                        });
      state.counters["GB/s"] = 1e-9 * 6 * sizeof(float) * optimizer_rate_;
    });
  }

  double step(benchmark::State& state) {
    const double seconds = time(state, training_.device(), together_, [&] { training_.trainer().step(0); });
    state.counters["GFLOP/s"] = 1e-9 * work_.flops / seconds;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    state.counters["peak_MB"] = static_cast<double>(usage.ru_maxrss) * 1024e-6;
    return seconds;
  }

  Training training_;
  Work work_;
  int64_t together_;
  std::map<std::string, CompiledProgram> programs_;
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
