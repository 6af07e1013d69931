#pragma once

#include <array>
#include <vector>

#include "cuda/gpu.hpp"
#include "cuda/products.hpp"
#include "cuda/resources.hpp"
#include "cuda/steps.hpp"
#include "listing/arena.hpp"
#include "listing/listing.hpp"
#include "twopass/backend.hpp"

namespace twopass::cuda {

enum class Launch { kGraph, kStepByStep };

// A program's ops bound to the GPU's memory and, unless told otherwise, captured into one graph. Everything
// that allocates, chooses or loads is done when it is made. A run writes its values (slots, and what the
// optimizers make of them) to the GPU and starts the graph; it waits for the GPU only when it is kAhead runs
// ahead of it.
class GpuProgram : public Backend::Executable {
 public:
  GpuProgram(const listing::Listing& listing, uint32_t slot_count, Gpu& gpu, Products& products,
             Launch launch);
  ~GpuProgram() override;

  void run(const double* slots) override;

 private:
  static constexpr size_t kAhead = 8;

  BoundOp bind(const listing::Listing& listing, const twopass_op& op) const;
  void start_steps() const;
  void capture();
  void write_values(const double* slots);

  Gpu& gpu_;
  listing::Arena arena_;
  DeviceMemory temps_;
  size_t slot_count_;
  std::vector<twopass_op> optimizers_;
  std::vector<double> values_;  // of a run: its slots, then each optimizer's settings
  DeviceMemory values_on_gpu_;
  std::array<Owned<cudaEvent_t>, kAhead> ended_;  // of the last runs, by turns
  size_t turn_ = 0;
  std::vector<Step> steps_;
  Owned<cudaGraphExec_t> graph_;
};

}  // namespace twopass::cuda
