// The float64 reference as a plugin, which breaks one rule if its option `fault` says so.

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "twopass/testing/reference_backend.hpp"

namespace {

using namespace twopass;
using testing::ReferenceBackend;

constexpr std::array<twopass_choice, 10> kFaults{{
    {"none", "behaves"},
    {"unavailable", "finds no device"},
    {"types", "has no bytes"},
    {"dirty", "does not empty new buffers"},
    {"memory", "calls missing memory a bug"},
    {"forgets", "runs a program no more than twice"},
    {"nan", "calls it zero"},
    {"arithmetic", "leaves denormals off"},
    {"tanh", "takes the sigmoid for it"},
    {"drifts", "gives other bytes in every run"},
}};

class BadBackend : public ReferenceBackend {
 public:
  static constexpr std::array<Option, 1> kOptions{choice("fault", "none", kFaults, "What is wrong with it.")};
  static std::span<const Option> options() { return kOptions; }

  BadBackend(const twopass::Values& values, const Host&)
      : ReferenceBackend(true), fault_(values.choice("fault")) {}

  BackendInfo open() override {
    if (fault_ == "unavailable") throw Error("there is no such device here", TWOPASS_UNAVAILABLE);
    BackendInfo info = ReferenceBackend::open();
    if (fault_ == "types") info.types = {TWOPASS_F32, TWOPASS_I32};
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

 private:
  struct BadProgram : Executable {
    BadProgram(BadBackend& backend, std::unique_ptr<Executable> good)
        : owner(backend), program(std::move(good)) {}
    void run(const double* slots) override {
      if (owner.fault_ == "forgets" && ++runs > 2) return;
      program->run(slots);
      if (owner.fault_ == "arithmetic") _mm_setcsr(_mm_getcsr() | 0x8040);
      for (std::vector<double>* values : owner.buffers_)
        for (double& value : *values) {
          if (owner.fault_ == "nan" && std::isnan(value)) value = 0;
          if (owner.fault_ == "drifts") value *= 1 + 1e-6 * ++owner.runs_;
        }
    }
    BadBackend& owner;
    std::unique_ptr<Executable> program;
    int runs = 0;
  };

  std::string fault_;
  std::vector<std::vector<double>*> buffers_;
  int runs_ = 0;
};

}  // namespace

TWOPASS_PLUGIN(BadBackend, "bad_backend", "1", "The reference, or a bad copy of it.")
