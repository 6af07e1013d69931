#pragma once

#include <memory>

#include "cpu/gemm.hpp"
#include "cpu/steps.hpp"
#include "cpu/tile_kernels.hpp"
#include "listing/listing.hpp"
#include "twopass/backend.hpp"

namespace twopass::cpu {

// A backend in main memory with every op but the product, which derived classes supply. One OpenMP pool, that
// of the calling thread, serves all ops: products must use it too.
class CpuBackend : public Backend {
 public:
  // `threads` 0: as many as the process may use.
  explicit CpuBackend(int64_t threads);

  BackendInfo open() override;
  std::unique_ptr<Storage> create(const twopass_buffer& buffer) override;
  std::unique_ptr<Executable> compile(const twopass_program& program) override;

 protected:
  // Called once per product while a program is compiled: chooses and allocates all that the step needs.
  virtual Step prepare_gemm(const ResolvedOp& op) = 0;
  // Called first: a chance to rewrite the program. Ops of an update stay together.
  virtual void rewrite(listing::Listing&) {}
  // What joined weight updates (see WeightUpdate) multiply with. Where the CPU lacks it, products and updates
  // stay apart.
  virtual kernels::Tiles update_tiles() const { return kernels::Tiles::kFloat32; }

  int threads() const { return threads_; }

 private:
  int threads_;
};

}  // namespace twopass::cpu
