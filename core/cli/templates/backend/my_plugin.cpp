// A backend that is right before it is fast: all ops are the SDK's float64 reference, but for the product,
// which is computed here. Replace op after op, then derive from twopass::Backend alone. What each op does is
// written at its function in twopass/program.hpp.

#include <algorithm>
#include <vector>

#include "twopass/backend.hpp"
#include "twopass/testing/reference_backend.hpp"

namespace {

using namespace twopass;

class MyPluginBackend : public testing::ReferenceBackend {
 public:
  static std::span<const Option> options() { return {}; }

  // twopass::Values, for the base class has Values of its own. `true`: the fused ops are native; with `false`
  // the host expresses them by the others.
  MyPluginBackend(const twopass::Values&, const Host&) : ReferenceBackend(true) {}

  BackendInfo open() override {
    BackendInfo info = ReferenceBackend::open();
    info.device = "plain loops";
    return info;
  }

 protected:
  void execute(const testing::ReferenceOp& step, const double* slots) override {
    if (step.op.code == TWOPASS_OP_GEMM) return gemm(step);
    ReferenceBackend::execute(step, slots);
  }

 private:
  // out[m, n] = activation(alpha * op(a)[m, k] op(b)[k, n] + beta * out + bias[1, n]), then 0 where mask <=
  // 0. Row by row and along rows of b where it is not transposed: what caches like.
  void gemm(const testing::ReferenceOp& step) {
    const testing::Matrix &a = step.in[0], &b = step.in[1], &bias = step.in[2], &mask = step.in[3];
    const testing::Matrix& out = step.out[0];
    const bool transpose_a = step.op.mode[0] == 1, transpose_b = step.op.mode[1] == 1;
    const double alpha = step.op.scalar[0], beta = step.op.scalar[1];
    const int64_t inner = transpose_a ? a.rows : a.columns;
    for (int64_t row = 0; row < out.rows; ++row) {
      sums_.assign(static_cast<size_t>(out.columns), 0.0);
      for (int64_t k = 0; k < inner; ++k) {
        const double factor = transpose_a ? a(k, row) : a(row, k);
        for (int64_t column = 0; column < out.columns; ++column)
          sums_[static_cast<size_t>(column)] += factor * (transpose_b ? b(column, k) : b(k, column));
      }
      for (int64_t column = 0; column < out.columns; ++column) {
        double value = alpha * sums_[static_cast<size_t>(column)];
        if (beta != 0) value += beta * out(row, column);  // else what is there does not count, not even a NaN
        if (bias) value += bias(0, column);
        if (step.op.mode[2] == TWOPASS_RELU && value < 0) value = 0;
        out(row, column) = mask && mask(row, column) <= 0 ? 0 : value;
      }
    }
  }

  std::vector<double> sums_;
};

}  // namespace

TWOPASS_PLUGIN(MyPluginBackend, "my_plugin", "0.1.0", "The reference in float64, with a product of its own.")
