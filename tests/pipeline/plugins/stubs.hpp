#pragma once

// Plugins whose option tables are real and whose work is never asked for: validation runs no plugin.

#include "twopass/backend.hpp"
#include "twopass/dataset.hpp"
#include "twopass/error.hpp"
#include "twopass/pretext.hpp"
#include "twopass/trainer.hpp"

namespace stubs {

[[noreturn]] inline void never() { throw twopass::Error("this plugin has options and nothing else"); }

class Dataset : public twopass::Dataset {
 public:
  Dataset(const twopass::Values&, const twopass::Host&) {}
  twopass::DatasetInfo describe() override { never(); }
  twopass::Images load(twopass::Split) override { never(); }
};

class Pretext : public twopass::Pretext {
 public:
  Pretext(const twopass::Values&, const twopass::Host&) {}
  twopass::Task negotiate(const twopass::DatasetInfo&) override { never(); }
};

class Trainer : public twopass::Trainer {
 public:
  Trainer(const twopass::Values&, const twopass::Host&) {}
  twopass::TrainerOutputs build(const twopass::TrainerTask&) override { never(); }
  void initialize(uint64_t) override { never(); }
  void begin_epoch(const twopass::Epoch&) override { never(); }
  void step(int64_t) override { never(); }
  void score() override { never(); }
  void extract() override { never(); }
};

class Backend : public twopass::Backend {
 public:
  Backend(const twopass::Values&, const twopass::Host&) {}
  twopass::BackendInfo open() override { never(); }
  std::unique_ptr<Storage> create(const twopass_buffer&) override { never(); }
  std::unique_ptr<Executable> compile(const twopass_program&) override { never(); }
};

}  // namespace stubs
