#include "onednn/product.hpp"

namespace twopass::onednn {
namespace {

using dnnl::memory;

// A view as a matrix of `rows` x `columns`, transposed by its strides alone.
memory describe(const cpu::Matrix<const float>& view, bool transpose, const dnnl::engine& engine) {
  const memory::dims shape =
      transpose ? memory::dims{view.columns, view.rows} : memory::dims{view.rows, view.columns};
  const memory::dims strides = transpose ? memory::dims{1, view.stride} : memory::dims{view.stride, 1};
  return {memory::desc(shape, memory::data_type::f32, strides), engine, const_cast<float*>(view.data)};
}

dnnl::primitive_attr attributes(const cpu::Gemm& gemm) {
  dnnl::primitive_attr attributes;
  if (gemm.alpha != 1) attributes.set_output_scales(0, {gemm.alpha});
  dnnl::post_ops after;
  if (gemm.beta != 0) after.append_sum(gemm.beta);
  if (gemm.relu) after.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
  attributes.set_post_ops(after);
  return attributes;
}

}  // namespace

Product::Factor Product::make_factor(const memory& source, Precision precision, const dnnl::engine& engine) {
  if (precision == Precision::kFloat32) return {source, source, {}};
  // Rounded into the order that lies in memory: the primitive reads either order well, and a copy without
  // turning is the cheaper one.
  const memory::desc from = source.get_desc();
  const memory::dims shape = from.dims();
  const bool transposed = from.data.format_desc.blocking.strides[0] == 1 && shape[0] > 1;
  const memory::desc to(shape, memory::data_type::bf16,
                        transposed ? memory::dims{1, shape[0]} : memory::dims{shape[1], 1});
  const memory rounded(to, engine);
  return {source, rounded, dnnl::reorder(source, rounded)};
}

Product::Product(const cpu::Gemm& gemm, Precision precision, const dnnl::engine& engine)
    : a_(make_factor(describe(gemm.a, gemm.transpose_a, engine), precision, engine)),
      b_(make_factor(describe(gemm.b, gemm.transpose_b, engine), precision, engine)),
      out_(memory::desc({gemm.m, gemm.n}, memory::data_type::f32, memory::dims{gemm.out.stride, 1}), engine,
           gemm.out.data) {
  const memory::desc a = a_.rounded.get_desc(), b = b_.rounded.get_desc(), out = out_.get_desc();
  if (gemm.bias != nullptr) {
    const memory::desc bias({1, gemm.n}, memory::data_type::f32, memory::dims{gemm.n, 1});
    bias_ = memory(bias, engine, const_cast<float*>(gemm.bias));
    product_ = dnnl::matmul({dnnl::matmul::desc(a, b, bias, out), attributes(gemm), engine});
  } else {
    product_ = dnnl::matmul({dnnl::matmul::desc(a, b, out), attributes(gemm), engine});
  }
}

void Product::run(dnnl::stream& stream) const {
  for (const Factor& factor : {a_, b_})
    if (factor.rounding)
      factor.rounding.execute(stream, {{DNNL_ARG_FROM, factor.source}, {DNNL_ARG_TO, factor.rounded}});
  std::unordered_map<int, memory> arguments{
      {DNNL_ARG_SRC, a_.rounded}, {DNNL_ARG_WEIGHTS, b_.rounded}, {DNNL_ARG_DST, out_}};
  if (bias_) arguments.insert({DNNL_ARG_BIAS, bias_});
  product_.execute(stream, arguments);
}

}  // namespace twopass::onednn
