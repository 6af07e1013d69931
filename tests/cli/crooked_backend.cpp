// A backend that lies; its option `fault` says about what.

#include <array>
#include <limits>

#include "twopass/testing/reference_backend.hpp"

namespace {

using namespace twopass;

constexpr std::array<twopass_choice, 4> kFaults{{
    {"types", "has no bytes"},
    {"storage", "makes no buffer and says that it has"},
    {"program", "compiles nothing and says that it has"},
    {"arithmetic", "computes what is no number"},
}};

class CrookedBackend : public testing::ReferenceBackend {
 public:
  static constexpr std::array<Option, 1> kOptions{
      choice("fault", "types", kFaults, "What is wrong with it.")};
  static std::span<const Option> options() { return kOptions; }

  CrookedBackend(const twopass::Values& values, const Host&)
      : ReferenceBackend(true), fault_(values.choice("fault")) {}

  BackendInfo open() override {
    BackendInfo info = ReferenceBackend::open();
    if (fault_ == "types") info.types = {TWOPASS_F32, TWOPASS_I32};
    return info;
  }
  std::unique_ptr<Storage> create(const twopass_buffer& buffer) override {
    return fault_ == "storage" ? nullptr : ReferenceBackend::create(buffer);
  }
  std::unique_ptr<Executable> compile(const twopass_program& program) override {
    return fault_ == "program" ? nullptr : ReferenceBackend::compile(program);
  }

 protected:
  void execute(const testing::ReferenceOp& op, const double* slots) override {
    ReferenceBackend::execute(op, slots);
    if (fault_ == "arithmetic" && op.op.code == TWOPASS_OP_GEMM)
      op.out[0](0, 0) = std::numeric_limits<double>::quiet_NaN();
  }

 private:
  std::string fault_;
};

}  // namespace

TWOPASS_PLUGIN(CrookedBackend, "crooked_backend", "1.0.0", "A backend that lies.")
