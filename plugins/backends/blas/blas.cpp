// Float32 on the CPU: products by OpenBLAS, everything else by the loops in ../cpu.

#include <cblas.h>

#include <array>
#include <cstdlib>
#include <string_view>

#include "cpu/cpu_backend.hpp"
#include "cpu/small_gemm.hpp"
#include "twopass/backend.hpp"

// Not declared in OpenBLAS's headers; its builds for a single kind of CPU lack them.
extern "C" [[gnu::weak, gnu::visibility("default")]] void gotoblas_dynamic_quit();
extern "C" [[gnu::weak, gnu::visibility("default")]] void gotoblas_dynamic_init();

namespace {

// On a CPU newer than itself, OpenBLAS takes its oldest kernels (SSE3), a sixth as fast. A name in the
// environment makes it choose again; the user's own name stands.
void avoid_oldest_kernels() {
  constexpr const char* kName = "OPENBLAS_CORETYPE";
  constexpr std::string_view kOldest = "Prescott";
  if (std::getenv(kName) || openblas_get_corename() != kOldest || !gotoblas_dynamic_init) return;
  const char* newer = __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") ? "SkylakeX"
                      : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")        ? "Haswell"
                                                                                               : nullptr;
  if (!newer) return;
  setenv(kName, newer, 1);
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  unsetenv(kName);
}

class Blas : public twopass::cpu::CpuBackend {
 public:
  static std::span<const twopass::Option> options() {
    static constexpr std::array kOptions{
        twopass::integer("threads", "0", "Threads of all operations; 0 takes every core the process may use.")
            .at_least(0)
            .at_most(1024),
    };
    return kOptions;
  }

  Blas(const twopass::Values& values, const twopass::Host& host)
      : CpuBackend(values.integer("threads")), host_(host) {}

  twopass::BackendInfo open() override {
    constexpr int kOpenMp = 2;
    if (openblas_get_parallel() != kOpenMp)
      host_.warn(
          "the OpenBLAS loaded into this process is not its OpenMP build, so that its threads and the "
          "backend's disturb each other; install libopenblas-openmp-dev and build again");
    avoid_oldest_kernels();
    twopass::BackendInfo info = CpuBackend::open();
    info.device += std::string(", OpenBLAS for ") + openblas_get_corename();
    return info;
  }

 protected:
  twopass::cpu::Step prepare_gemm(const twopass::cpu::ResolvedOp& op) override {
    const twopass::cpu::Gemm gemm(op);
    if (twopass::cpu::is_small_gemm(gemm))
      return [=, threads = threads()](const double*) { run_small_gemm(gemm, threads); };
    return [=, threads = threads()](const double*) {
      const auto order = [](bool transpose) { return transpose ? CblasTrans : CblasNoTrans; };
      const auto size = [](int64_t value) { return static_cast<blasint>(value); };
      cblas_sgemm(CblasRowMajor, order(gemm.transpose_a), order(gemm.transpose_b), size(gemm.m), size(gemm.n),
                  size(gemm.k), gemm.alpha, gemm.a.data, size(gemm.a.stride), gemm.b.data,
                  size(gemm.b.stride), gemm.beta, gemm.out.data, size(gemm.out.stride));
      run_epilogue(gemm, threads);
    };
  }

 private:
  twopass::Host host_;
};

}  // namespace

TWOPASS_PLUGIN(Blas, "blas", "1.0.0",
               "Float32 on the CPU through OpenBLAS; what all other backends are compared with.")
