#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "host/device.hpp"
#include "host/instance.hpp"
#include "pipeline/pipeline.hpp"
#include "run/trainer.hpp"

namespace twopass::run {

// The plugins of a pipeline, created and fitted to each other: what dataset and pretext task declare, and
// that they can follow one another. No image is read. Errors that name an option carry its line and column of
// the pipeline (pipeline::InvalidPipeline).
class Wiring {
 public:
  // `on_paper`: no backend is opened and nothing is allocated or computed.
  Wiring(const pipeline::Pipeline& pipeline, host::Registry& registry, bool on_paper);

  // Lets the trainer build for epochs of `steps` steps. Once.
  void build(int64_t steps);

  const pipeline::Pipeline& pipeline;
  DatasetInfo shape;                                         // of the dataset
  Task task;                                                 // what the pretext task makes of it
  std::unique_ptr<host::Dataset> dataset, transfer_dataset;  // the latter only when the pipeline names one
  std::unique_ptr<host::Pretext> pretext;
  std::unique_ptr<host::HostDevice> device;
  std::unique_ptr<Trainer> trainer;
  std::vector<const host::Plugin*> plugins;  // all of the above

  // Name and class count of the dataset that the probes are trained and tested on.
  std::string probe_dataset_name() const;
  int64_t probe_classes = 0;

  // Whether probes learn the pretext task, in the place of scores, which the trainer then does not have. The
  // labels of `supervised` are the dataset's, which the transfer probes learn anyway.
  bool probes_pretext() const;
};

// The chain of shapes from dataset to transfer, a line per link, from a wiring that was built on paper.
std::string describe(const Wiring& wiring);

// Throws InvalidPipeline where so many training images make no batch of the trainer or of the probes.
void require_a_batch(const pipeline::Pipeline& pipeline, int64_t trained, int64_t probed);

// "1x28x28", for people.
template <class Images>
std::string shape_text(const Images& images) {
  return fmt::format("{}x{}x{}", images.channels, images.height, images.width);
}

// Runs `body`; an Error that names an option of `section` becomes an InvalidPipeline at that option.
void at_section(const pipeline::Pipeline& pipeline, const std::string& section,
                const std::function<void()>& body);

inline constexpr int64_t kEvaluationRows = 250;  // images per evaluation batch

}  // namespace twopass::run
