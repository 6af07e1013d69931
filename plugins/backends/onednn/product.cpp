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

memory Product::rounded(const memory& factor, Precision precision, const dnnl::engine& engine) {
  if (precision == Precision::kFloat32) return factor;
  // Rounded into the order that lies in memory: the product reads either order well, and a copy without
  // turning is the cheaper one.
  const memory::desc from = factor.get_desc();
  const memory::dims shape = from.dims();
  const bool transposed = from.data.format_desc.blocking.strides[0] == 1 && shape[0] > 1;
  const memory::desc to(shape, memory::data_type::bf16,
                        transposed ? memory::dims{1, shape[0]} : memory::dims{shape[1], 1});
  const memory result(to, engine);
  add_call(dnnl::reorder(factor, result), {{DNNL_ARG_FROM, factor}, {DNNL_ARG_TO, result}});
  return result;
}

void Product::add_call(const dnnl::primitive& primitive,
                       std::initializer_list<std::pair<int, memory>> arguments) {
  Call call{primitive, {}};
  for (const auto& [index, argument] : arguments) {
    if (!argument) continue;
    kept_.push_back(argument);
    call.arguments.push_back({index, argument.get()});
  }
  calls_.push_back(std::move(call));
}

Product::Product(const cpu::Gemm& gemm, Precision precision, const dnnl::engine& engine) {
  const memory a = rounded(describe(gemm.a, gemm.transpose_a, engine), precision, engine);
  const memory b = rounded(describe(gemm.b, gemm.transpose_b, engine), precision, engine);
  const memory out(memory::desc({gemm.m, gemm.n}, memory::data_type::f32, memory::dims{gemm.out.stride, 1}),
                   engine, gemm.out.data);
  memory bias;
  if (gemm.bias != nullptr)
    bias = memory({{1, gemm.n}, memory::data_type::f32, memory::dims{gemm.n, 1}}, engine,
                  const_cast<float*>(gemm.bias));
  const dnnl::matmul::desc description =
      bias ? dnnl::matmul::desc(a.get_desc(), b.get_desc(), bias.get_desc(), out.get_desc())
           : dnnl::matmul::desc(a.get_desc(), b.get_desc(), out.get_desc());
  add_call(dnnl::matmul({description, attributes(gemm), engine}),
           {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_BIAS, bias}, {DNNL_ARG_DST, out}});
}

void Product::run(const dnnl::stream& stream) const {
  for (const Call& call : calls_) {
    const dnnl_status_t status = dnnl_primitive_execute(
        call.primitive.get(), stream.get(), static_cast<int>(call.arguments.size()), call.arguments.data());
    dnnl::error::wrap_c_api(status, "oneDNN could not compute a product");
  }
}

}  // namespace twopass::onednn
