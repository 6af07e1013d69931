// NVIDIA GPUs: products by cublasLt, everything else by the kernels beside this file. A program is captured
// into one CUDA graph; nothing waits for the GPU but uploads and downloads. docs/cuda.md says what of this
// has been tried.

#include <array>
#include <memory>
#include <optional>

#include "cuda/gpu.hpp"
#include "cuda/products.hpp"
#include "cuda/program.hpp"
#include "cuda/storage.hpp"
#include "listing/rounding.hpp"
#include "twopass/backend.hpp"
#include "twopass/op_table.hpp"

namespace twopass::cuda {
namespace {

enum class Precision { kFloat32, kBfloat16 };
constexpr std::array<twopass_choice, 2> kPrecisions{{
    {"float32", "everything in float32"},
    {"bfloat16", "factors of products rounded to bfloat16, sums in float32"},
}};

// Below this a product's time does not depend on its factors' type.
constexpr int64_t kSmallestRounded = 16;

bool is_worth_rounding(const twopass_op& gemm) {
  const twopass_view &a = gemm.in[0], &b = gemm.in[1];
  for (const int64_t size : {a.rows, a.columns, b.rows, b.columns})
    if (size < kSmallestRounded) return false;
  return true;
}

class Cuda : public Backend {
 public:
  static constexpr std::array kOptions{
      choice("precision", "float32", kPrecisions, "What products are computed in."),
      boolean("tf32", "false",
              "Lets products in float32 round their factors to 10 bits (TensorFloat-32), which is faster."),
      integer(
          "device", "0",
          "Number of the GPU, from 0, as CUDA counts them: the fastest first, or as nvidia-smi does where "
          "CUDA_DEVICE_ORDER is PCI_BUS_ID.")
          .at_least(0)
          .at_most(1023),
      boolean(
          "plain_products", "false",
          "Computes products by a plain kernel of twopass in place of cublasLt's: much slower, to find out "
          "whose fault a wrong number is.")
          .added_later(),
      boolean("graph", "true",
              "Replays each program as one CUDA graph; without it, op by op, which is slower and easier to "
              "debug."),
  };
  static std::span<const Option> options() { return kOptions; }

  Cuda(const Values& values, const Host& host)
      : host_(host),
        precision_(values.choice_index("precision", kPrecisions) == 0 ? Precision::kFloat32
                                                                      : Precision::kBfloat16),
        tf32_(values.boolean("tf32")),
        plain_products_(values.boolean("plain_products")),
        device_(values.integer("device")),
        launch_(values.boolean("graph") ? Launch::kGraph : Launch::kStepByStep) {}

  ~Cuda() override {
    if (!has_programs_) return;
    try {
      gpu_->use();
      host_.info(memory_report());
    } catch (const Error&) {  // of a GPU that is lost, which was reported where it was
    }
  }

  BackendInfo open() override {
    gpu_.emplace(device_);
    products_.emplace(*gpu_, tf32_, plain_products_);
    BackendInfo info;
    info.device = gpu_->name() + ", CUDA " + std::to_string(CUDART_VERSION / 1000) + "." +
                  std::to_string(CUDART_VERSION % 1000 / 10);
    info.precision = precision_ == Precision::kBfloat16 ? "bfloat16" : tf32_ ? "tf32" : "float32";
    for (const OpDescription& op : kOps)
      if (op.code >= TWOPASS_OP_FIRST_FUSED) info.fused_ops.push_back(op.code);
    info.types.push_back(TWOPASS_BF16);
    return info;
  }

  std::unique_ptr<Storage> create(const twopass_buffer& buffer) override {
    gpu_->use();
    const bool copied =
        precision_ == Precision::kBfloat16 && buffer.role == TWOPASS_PARAM && buffer.type == TWOPASS_F32;
    return std::make_unique<GpuStorage>(
        *gpu_, buffer.type, buffer.rows * buffer.columns,
        copied ? GpuStorage::WorkingCopy::kBfloat16 : GpuStorage::WorkingCopy::kNone);
  }

  std::unique_ptr<Executable> compile(const twopass_program& program) override {
    gpu_->use();
    has_programs_ = true;
    listing::Listing listing(program);
    if (precision_ == Precision::kBfloat16)
      listing::round_factors(
          listing, {.rounds = is_worth_rounding, .working_copy = [](const twopass_buffer& param) -> Storage* {
                      return storage_of(param)->working_copy();
                    }});
    auto compiled = std::make_unique<GpuProgram>(listing, program.slot_count, *gpu_, *products_, launch_);
    for (const std::string& shape : products_->take_declined())
      host_.info("cublasLt does not take the product " + shape + " (rows x columns x inner), so " +
                 program.name + " computes it by a plain, slower kernel");
    return compiled;
  }

  void synchronize() override {
    gpu_->use();
    gpu_->synchronize();
  }

 private:
  Host host_;
  Precision precision_;
  bool tf32_, plain_products_;
  int64_t device_;
  Launch launch_;
  std::optional<Gpu> gpu_;  // before what uses it
  std::optional<Products> products_;
  bool has_programs_ = false;
};

}  // namespace
}  // namespace twopass::cuda

TWOPASS_PLUGIN(twopass::cuda::Cuda, "cuda", "1.0.0", "An NVIDIA GPU, in float32, TensorFloat-32 or bfloat16.")
