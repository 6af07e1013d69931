#include "onednn/product.hpp"

#include <string_view>

namespace twopass::onednn {
namespace {

using dnnl::memory;

// A factor as a matrix of `rows` x `columns`, transposed by its strides alone.
memory describe(const cpu::ResolvedOp& op, size_t position, bool transpose, const dnnl::engine& engine) {
  const twopass_view& view = op.op.in[position];
  const memory::dims shape =
      transpose ? memory::dims{view.columns, view.rows} : memory::dims{view.rows, view.columns};
  const memory::dims strides = transpose ? memory::dims{1, view.stride} : memory::dims{view.stride, 1};
  const auto type = op.in_type[position] == TWOPASS_BF16 ? memory::data_type::bf16 : memory::data_type::f32;
  return {memory::desc(shape, type, strides), engine, op.in_data[position]};
}

dnnl::primitive_attr attributes(const cpu::Gemm& gemm, bool relu) {
  dnnl::primitive_attr attributes;
  if (gemm.alpha != 1) attributes.set_output_scales(0, {gemm.alpha});
  dnnl::post_ops after;
  if (gemm.beta != 0) after.append_sum(gemm.beta);
  if (relu) after.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
  attributes.set_post_ops(after);
  return attributes;
}

// In float32, with a factor b as it lies in memory and more than a few terms per sum, oneDNN 2.6 prefers a
// kernel that takes up to a tenth longer than its next one (BP's gradients of the inputs:
// docs/performance.md).
dnnl::matmul::primitive_desc fastest(dnnl::matmul::primitive_desc first, const cpu::Gemm& gemm,
                                     memory::data_type type) {
  constexpr int64_t kFewTerms = 64;
  if (type != memory::data_type::f32 || gemm.transpose_a || gemm.transpose_b || gemm.k < kFewTerms)
    return first;
  dnnl::matmul::primitive_desc next = first;
  while (std::string_view(next.impl_info_str()) != "gemm:jit")
    if (!next.next_impl()) return first;
  return next;
}

}  // namespace

Product::Product(const cpu::ResolvedOp& op, bool with_epilogue, const dnnl::engine& engine) {
  const cpu::Gemm gemm(op);
  const memory a = describe(op, 0, gemm.transpose_a, engine);
  const memory b = describe(op, 1, gemm.transpose_b, engine);
  const memory out(memory::desc({gemm.m, gemm.n}, memory::data_type::f32, memory::dims{gemm.out.stride, 1}),
                   engine, gemm.out.data);
  memory bias;
  if (with_epilogue && gemm.bias != nullptr)
    bias = memory({{1, gemm.n}, memory::data_type::f32, memory::dims{gemm.n, 1}}, engine,
                  const_cast<float*>(gemm.bias));
  const dnnl::matmul::desc description =
      bias ? dnnl::matmul::desc(a.get_desc(), b.get_desc(), bias.get_desc(), out.get_desc())
           : dnnl::matmul::desc(a.get_desc(), b.get_desc(), out.get_desc());
  primitive_ = dnnl::matmul(fastest({description, attributes(gemm, with_epilogue && gemm.relu), engine}, gemm,
                                    b.get_desc().data_type()));
  for (const auto& [index, argument] :
       {std::pair{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_BIAS, bias}, {DNNL_ARG_DST, out}}) {
    if (!argument) continue;
    kept_.push_back(argument);
    arguments_.push_back({index, argument.get()});
  }
}

void Product::run(const dnnl::stream& stream) const {
  const dnnl_status_t status = dnnl_primitive_execute(primitive_.get(), stream.get(),
                                                      static_cast<int>(arguments_.size()), arguments_.data());
  dnnl::error::wrap_c_api(status, "oneDNN could not compute a product");
}

}  // namespace twopass::onednn
