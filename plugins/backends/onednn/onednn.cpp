// The CPU through oneDNN: float32, or bfloat16 products where the CPU multiplies bfloat16. Everything but the
// products is the loops in ../cpu, in float32: weights, optimiser state, reductions and softmax keep their
// precision. Only a gradient that its products take rounded is also rounded where it is summed for the bias.

#include <array>
#include <dnnl.hpp>
#include <memory>

#include "cpu/cpu_backend.hpp"
#include "cpu/small_gemm.hpp"
#include "cpu/steps.hpp"
#include "cpu/storage.hpp"
#include "listing/narrowing.hpp"
#include "listing/rounding.hpp"
#include "onednn/product.hpp"
#include "twopass/backend.hpp"

namespace twopass::onednn {
namespace {

enum class Precision { kFloat32, kBfloat16 };
constexpr std::array<twopass_choice, 2> kPrecisions{{
    {"float32", "everything in float32"},
    {"bfloat16",
     "factors of products rounded to bfloat16, sums in float32; needs a CPU with AVX512_BF16 or AMX"},
}};

bool has_amx() { return dnnl::get_effective_cpu_isa() == dnnl::cpu_isa::avx512_core_amx; }
bool multiplies_bfloat16() { return __builtin_cpu_supports("avx512bf16") != 0 || has_amx(); }

class OneDnn : public cpu::CpuBackend {
 public:
  static constexpr std::array kOptions{
      integer("threads", "0", "Threads of all operations; 0 takes every core the process may use.")
          .at_least(0)
          .at_most(1024),
      choice("precision", "float32", kPrecisions, "What products are computed in."),
  };
  static std::span<const Option> options() { return kOptions; }

  OneDnn(const Values& values, const Host&)
      : CpuBackend(values.integer("threads")),
        precision_(values.choice("precision") == "bfloat16" ? Precision::kBfloat16 : Precision::kFloat32) {}

  BackendInfo open() override {
    if (precision_ == Precision::kBfloat16 && !multiplies_bfloat16())
      throw Error(
          "this CPU has neither AVX512_BF16 nor AMX, so it cannot multiply bfloat16; choose precision: "
          "float32",
          TWOPASS_UNAVAILABLE, "precision");
    BackendInfo info = CpuBackend::open();
    if (precision_ == Precision::kBfloat16) info.precision = "bfloat16";
    const dnnl_version_t* version = dnnl::version();
    info.device += ", oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor);
    return info;
  }

 protected:
  cpu::Step prepare_gemm(const cpu::ResolvedOp& op) override {
    cpu::Gemm gemm(op);
    if (cpu::is_small_gemm(gemm))
      return [=, threads = threads()](const double*) { cpu::run_small_gemm(gemm, threads); };
    // oneDNN scales the bias with the product, which is not what is asked; then all that follows waits for
    // the epilogue.
    const bool with_epilogue = gemm.alpha == 1 || gemm.bias == nullptr;
    const auto product = std::make_shared<const Product>(op, with_epilogue, engine_);
    if (with_epilogue) {
      gemm.bias = nullptr;
      gemm.relu = false;
    }
    return [=, this, threads = threads()](const double*) {
      product->run(stream_);
      cpu::run_epilogue(gemm, threads);
    };
  }

  void rewrite(listing::Listing& listing) override {
    if (precision_ != Precision::kBfloat16) return;
    listing::round_factors(
        listing,
        {.rounds = [](const twopass_op& gemm) { return !is_small_gemm(cpu::Gemm(cpu::ResolvedOp{gemm})); },
         .working_copy = [](const twopass_buffer& param) -> Storage* {
           return &cpu::storage_of(param)->make_working_copy();
         },
         .takes_widened =
             [](const twopass_op& op) {
               const cpu::Gemm gemm(cpu::ResolvedOp{op});
               return !is_small_gemm(gemm) || reads_rounded_a(gemm);
             }});
    listing::narrow_temps(listing, {.reads = cpu::reads_rounded, .writes = cpu::writes_rounded});
  }

  cpu::kernels::Tiles update_tiles() const override {
    using cpu::kernels::Tiles;
    if (precision_ == Precision::kFloat32) return Tiles::kFloat32;
    return has_tiles(Tiles::kAmx) ? Tiles::kAmx : Tiles::kBfloat16;
  }

 private:
  Precision precision_;
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
};

}  // namespace
}  // namespace twopass::onednn

TWOPASS_PLUGIN(twopass::onednn::OneDnn, "onednn", "1.0.0", "The CPU through oneDNN, in float32 or bfloat16.")
