#pragma once

#include <cstdint>
#include <vector>

#include "host/registry.hpp"
#include "pipeline/pipeline.hpp"
#include "run/batches.hpp"
#include "run/wiring.hpp"

namespace twopass::benchmarks {

// A pipeline's trainer, initialised, with the first batches of its first epoch at hand.
class Training {
 public:
  Training(const pipeline::Pipeline& pipeline, host::Registry& registry, int64_t batches)
      : wiring_(pipeline, registry, false),
        batch_(pipeline.trainer.values.typed().integer("batch_size")),
        images_(run::load_images(*wiring_.dataset, Split::kTrain, batches * batch_, pipeline.seed)),
        order_(run::training_order(images_, wiring_.task, batch_, pipeline.seed, 0, true)) {
    wiring_.build(batches);
    trainer().initialize(pipeline.seed);
    run::upload(device(), images_);
    batches_.emplace(device(), images_, &wiring_.task, wiring_.pretext.get(), trainer().train_images,
                     trainer().train_labels, batches * batch_);
    batches_->begin_pass(order_);
    trainer().begin_epoch(pipeline.seed, 0, 0, batches, order_.labels);
  }

  int64_t batch_size() const { return batch_; }
  const run::Wiring& wiring() const { return wiring_; }
  const run::Order& order() const { return order_; }
  Device device() const { return wiring_.device->device(); }
  run::Trainer& trainer() { return *wiring_.trainer; }

  // Assembles batch `index`.
  void load(int64_t index) const { batches_->load(index * batch_); }

 private:
  run::Wiring wiring_;
  int64_t batch_;
  run::ImagesInMemory images_;
  run::Order order_;
  std::optional<run::Batches> batches_;
};

}  // namespace twopass::benchmarks
