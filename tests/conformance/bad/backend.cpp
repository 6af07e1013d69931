// The float64 reference as a plugin, which breaks one rule if its option `fault` says so.

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <set>

#include "twopass/testing/reference_backend.hpp"

namespace {

using namespace twopass;
using testing::ReferenceBackend;

constexpr std::array<twopass_choice, 11> kFaults{{
    {"none", "behaves"},
    {"unavailable", "finds no device"},
    {"types", "has no bytes"},
    {"dirty", "does not empty new buffers"},
    {"memory", "calls missing memory a bug"},
    {"forgets", "runs a program no more than twice"},
    {"nan", "calls it zero"},
    {"arithmetic", "leaves denormals off"},
    {"tanh", "takes the sigmoid for it"},
    {"end", "aborts at the end of a process in which it ran"},
    {"drifts", "copies to other bytes in every run"},
}};

class BadBackend : public ReferenceBackend {
 public:
  static constexpr std::array<Option, 2> kOptions{
      choice("fault", "none", kFaults, "What is wrong with it."),
      integer("wrong_op", "-1", "Code of the op that it gets wrong; -1: none.").at_least(-1).at_most(63),
  };
  static std::span<const Option> options() { return kOptions; }

  BadBackend(const twopass::Values& values, const Host&)
      : ReferenceBackend(true), fault_(values.choice("fault")), wrong_op_(values.integer("wrong_op")) {}

  BackendInfo open() override {
    if (fault_ == "unavailable") throw Error("there is no such device here", TWOPASS_UNAVAILABLE);
    BackendInfo info = ReferenceBackend::open();
    if (fault_ == "types") info.types = {TWOPASS_F32, TWOPASS_I32};
    if (wrong_op_ >= 0) info.types.push_back(TWOPASS_BF16);  // so that no check of an op is skipped
    return info;
  }

  std::unique_ptr<Storage> create(const twopass_buffer& buffer) override {
    if (fault_ == "memory" && buffer.rows > 1'000'000) throw std::runtime_error("error 2");
    auto made = ReferenceBackend::create(buffer);
    auto& values = static_cast<ReferenceBackend::Values&>(*made).values;
    if (fault_ == "dirty") std::ranges::fill(values, 1);
    buffers_.push_back(&values);
    return made;
  }

  std::unique_ptr<Executable> compile(const twopass_program& program) override {
    std::vector<twopass_op> ops(program.ops, program.ops + program.op_count);
    for (twopass_op& op : ops)
      if (fault_ == "tanh" && op.code == TWOPASS_OP_UNARY && op.mode[0] == TWOPASS_TANH)
        op.mode[0] = TWOPASS_SIGMOID;
    twopass_program changed = program;
    changed.ops = ops.data();
    return std::make_unique<BadProgram>(*this, ReferenceBackend::compile(changed));
  }

 protected:
  void execute(const testing::ReferenceOp& step, const double* slots) override {
    ReferenceBackend::execute(step, slots);
    if (fault_ == "drifts" && step.op.code == TWOPASS_OP_COPY)
      testing::reference::each(
          step.out[0], [&](int64_t row, int64_t column) { step.out[0](row, column) *= 1 + 1e-6 * runs_; });
    if (step.op.code != wrong_op_) return;
    int64_t count = 0;
    for (const testing::Matrix& out : step.out)
      testing::reference::each(out, [&](int64_t row, int64_t column) {
        out(row, column) += 1 + static_cast<double>(count++ % 7);
      });
  }

 private:
  struct BadProgram : Executable {
    BadProgram(BadBackend& backend, std::unique_ptr<Executable> good)
        : owner(backend), program(std::move(good)) {}
    void run(const double* slots) override {
      if (owner.fault_ == "forgets" && ++runs > 2) return;
      program->run(slots);
      if (owner.fault_ == "end" && owner.runs_ == 0) std::atexit(std::abort);
      ++owner.runs_;
      if (owner.fault_ == "arithmetic") _mm_setcsr(_mm_getcsr() | 0x8040);
      for (std::vector<double>* values : owner.buffers_)
        for (double& value : *values) {
          if (owner.fault_ == "nan" && std::isnan(value)) value = 0;
        }
    }
    BadBackend& owner;
    std::unique_ptr<Executable> program;
    int runs = 0;
  };

  std::string fault_;
  int64_t wrong_op_;
  std::vector<std::vector<double>*> buffers_;
  int runs_ = 0;
};

}  // namespace

TWOPASS_PLUGIN(BadBackend, "bad_backend", "1", "The reference, or a bad copy of it.")
