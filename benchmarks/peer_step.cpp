// The twopass side of benchmarks/peer: training steps of a pipeline, run on request.
//
//   peer_step PIPELINE FOLDER [key=value ...]
//
// Writes FOLDER/start.safetensors: the initial weights and the first batches, so that another program can
// take the same steps. Prints the metrics of the steps on these batches as one JSON line. Then, for each
// number N on standard input, takes N more steps on the last batch and prints the milliseconds of each as a
// JSON list; on a GPU, which is only waited for when all are started, their mean.

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "run/safetensors.hpp"
#include "training.hpp"
#include "twopass/trainer.hpp"

namespace {

using namespace twopass;

constexpr int64_t kBatches = 5;

class Peer {
 public:
  Peer(const pipeline::Pipeline& pipeline, host::Registry& registry)
      : training_(pipeline, registry, kBatches) {}

  void write_start(const std::filesystem::path& folder) {
    run::SafeTensors start;
    for (const Tensor& tensor : training_.wiring().device->persistent())
      if (tensor.buffer()->role == TWOPASS_PARAM)
        start.tensors.push_back(
            {tensor.buffer()->name, {tensor.rows(), tensor.columns()}, device().download<float>(tensor)});
    const std::vector<int32_t> wrong =
        wrong_labels({training_.wiring().pipeline.seed, 0, 0, training_.order().labels},
                     static_cast<int64_t>(training_.wiring().task.class_names.size()));
    start.tensors.push_back(column("labels", training_.order().labels));
    start.tensors.push_back(column("wrong_labels", wrong));
    for (int64_t step = 0; step < kBatches; ++step) {
      training_.load(step);
      const Tensor& images = trainer().train_images;
      start.tensors.push_back({fmt::format("images.{}", step),
                               {images.rows(), images.columns()},
                               device().download<float>(images)});
    }
    write_safetensors(folder / "start.safetensors", start);
  }

  // The metrics of each of the first steps.
  nlohmann::json first_steps() {
    nlohmann::json result = nlohmann::json::array();
    for (int64_t step = 0; step < kBatches; ++step) {
      training_.load(step);
      device().upload(trainer().metrics, std::vector<float>(trainer().metric_names.size(), 0.0F));
      trainer().step(step);
      const std::vector<float> values = device().download<float>(trainer().metrics);
      nlohmann::json metrics;
      for (size_t metric = 0; metric < values.size(); ++metric)
        metrics[trainer().metric_names[metric]] = values[metric];
      result.push_back(metrics);
    }
    return result;
  }

  nlohmann::json timed_steps(int64_t count) {
    nlohmann::json milliseconds = nlohmann::json::array();
    const int64_t together = training_.wiring().pipeline.backend.plugin == "cuda" ? count : 1;
    for (int64_t step = 0; step < count; step += together) {
      const auto start = std::chrono::steady_clock::now();
      for (int64_t part = 0; part < together; ++part) trainer().step(kBatches - 1);
      device().synchronize();
      const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
      milliseconds.push_back(took.count() / static_cast<double>(together));
    }
    return milliseconds;
  }

 private:
  static run::NamedTensor column(const char* name, const std::vector<int32_t>& values) {
    return {name, {static_cast<int64_t>(values.size()), 1}, {values.begin(), values.end()}};
  }
  Device device() const { return training_.device(); }
  run::Trainer& trainer() { return training_.trainer(); }

  benchmarks::Training training_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: peer_step PIPELINE FOLDER [key=value ...]\n");
    return 2;
  }
  try {
    host::Registry registry(host::search_path({}));
    const pipeline::Pipeline pipeline =
        pipeline::load(argv[1], std::vector<std::string>(argv + 3, argv + argc), registry);
    Peer peer(pipeline, registry);
    peer.write_start(argv[2]);
    std::cout << peer.first_steps().dump() << std::endl;
    for (int64_t count = 0; std::cin >> count;) std::cout << peer.timed_steps(count).dump() << std::endl;
  } catch (const std::exception& e) {
    fmt::print(stderr, "peer_step: {}\n", e.what());
    return 1;
  }
}
