// The twopass side of benchmarks/peer: training steps of a pipeline, run on request.
//
//   peer_step PIPELINE FOLDER [key=value ...]
//
// Writes FOLDER/start.safetensors: the initial weights and the first batches, so that another program can
// take the same steps. Prints the metrics of the steps on these batches as one JSON line. Then, for each
// number N on standard input, takes N more steps on the last batch and prints the milliseconds of each as a
// JSON list.

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/registry.hpp"
#include "mlp/contrast.hpp"
#include "pipeline/diagnostic.hpp"
#include "pipeline/pipeline.hpp"
#include "run/batches.hpp"
#include "run/safetensors.hpp"
#include "run/wiring.hpp"

namespace {

using namespace twopass;

constexpr int64_t kBatches = 5;

class Peer {
 public:
  Peer(const pipeline::Pipeline& pipeline, host::Registry& registry)
      : wiring_(pipeline, registry, false),
        batch_(pipeline.trainer.values.typed().integer("batch_size")),
        images_(run::load_images(*wiring_.dataset, Split::kTrain, kBatches * batch_, pipeline.seed)),
        order_(run::training_order(images_, wiring_.task, batch_, pipeline.seed, 0)) {
    wiring_.build(kBatches);
    wiring_.trainer->initialize(pipeline.seed);
    batches_.emplace(device(), images_, &wiring_.task, wiring_.pretext.get(), trainer().train_images,
                     trainer().train_labels, kBatches * batch_);
    batches_->begin_pass(order_);
    trainer().begin_epoch(pipeline.seed, 0, 0, kBatches, order_.labels);
  }

  void write_start(const std::filesystem::path& folder) {
    run::SafeTensors start;
    for (const Tensor& tensor : wiring_.device->persistent())
      if (tensor.buffer()->role == TWOPASS_PARAM)
        start.tensors.push_back(
            {tensor.buffer()->name, {tensor.rows(), tensor.columns()}, device().download<float>(tensor)});
    const std::vector<int32_t> wrong = mlp::wrong_labels(
        {wiring_.pipeline.seed, 0, 0, order_.labels}, static_cast<int64_t>(wiring_.task.class_names.size()));
    start.tensors.push_back(column("labels", order_.labels));
    start.tensors.push_back(column("wrong_labels", wrong));
    for (int64_t step = 0; step < kBatches; ++step) {
      batches_->load(step * batch_);
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
      batches_->load(step * batch_);
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
    for (int64_t step = 0; step < count; ++step) {
      const auto start = std::chrono::steady_clock::now();
      trainer().step(kBatches - 1);
      device().synchronize();
      const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
      milliseconds.push_back(took.count());
    }
    return milliseconds;
  }

 private:
  static run::NamedTensor column(const char* name, const std::vector<int32_t>& values) {
    return {name, {static_cast<int64_t>(values.size()), 1}, {values.begin(), values.end()}};
  }
  Device device() { return wiring_.device->device(); }
  run::Trainer& trainer() { return *wiring_.trainer; }

  run::Wiring wiring_;
  int64_t batch_;
  run::ImagesInMemory images_;
  run::Order order_;
  std::optional<run::Batches> batches_;
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
