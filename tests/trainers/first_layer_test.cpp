// Forward-Forward shows every image twice, and once more for each candidate label that it scores. These
// images differ in their label pixels alone, so the first layer's product is due once.

#include <gtest/gtest.h>

#include <map>

#include "host/device.hpp"
#include "host/registry.hpp"
#include "pipeline/pipeline.hpp"
#include "run/trainer.hpp"

namespace twopass::tests {
namespace {

constexpr int64_t kRows = 6, kPixels = 36, kUnits = 10;

// Multiplications of the products over all pixels, by program.
std::map<std::string, int64_t> multiplications;
decltype(twopass_backend_api::compile) compile_on_paper = nullptr;

int32_t count_and_compile(void* self, const twopass_program* program, void** compiled, twopass_error* error) {
  for (uint32_t index = 0; index < program->op_count; ++index) {
    const twopass_op op = abi::copy(abi::at(program->ops, index));
    if (op.code != TWOPASS_OP_GEMM) continue;
    const int64_t inner = op.mode[0] != 0 ? op.in[0].rows : op.in[0].columns;
    if (inner == kPixels || op.out[0].columns == kPixels)
      multiplications[program->name] += op.out[0].rows * op.out[0].columns * inner;
  }
  return compile_on_paper(self, program, compiled, error);
}

std::map<std::string, int64_t> first_layer_of(const std::string& plugin, size_t classes) {
  host::Registry registry({PLUGIN_FOLDER});
  const pipeline::Pipeline pipeline =
      pipeline::parse("name: test\ndataset: fashion_mnist\npretext: rotation\ntrainer: " + plugin +
                          "\nnetwork: {hidden: [10, 8]}\n",
                      "test.yaml", {}, registry);
  run::TrainerRequest request;
  request.task = {1, 6, 6, std::vector<std::string>(classes, "a class"), TWOPASS_LABEL_OF_DATASET, {}};
  request.batch_size = request.evaluation_rows = kRows;
  request.steps_per_epoch = 1;
  request.network = &pipeline.network.values();

  host::HostDevice paper;
  twopass_device device = paper.abi_device();
  twopass_backend_api counting = *device.api;
  compile_on_paper = counting.compile;
  counting.compile = &count_and_compile;
  device.api = &counting;
  multiplications.clear();
  run::Trainer trainer(registry.load(TWOPASS_TRAINER, plugin), pipeline.trainer.values.values());
  trainer.build(device, request);
  return multiplications;
}

TEST(FirstLayer, CostsForwardForwardWhatItCostsBackpropagation) {
  constexpr int64_t kProduct = kRows * kPixels * kUnits;
  for (const size_t classes : {4, 24}) {
    const auto ff = first_layer_of("ff", classes), bp = first_layer_of("bp", classes);
    EXPECT_EQ(ff.at("ff.step"), 2 * kProduct) << "the product and the weights' gradient";
    EXPECT_EQ(ff.at("score"), kProduct) << "for all " << classes << " candidate labels";
    EXPECT_EQ(bp.at("bp.step"), 2 * kProduct);
    EXPECT_EQ(bp.at("bp.score"), kProduct);
  }
}

}  // namespace
}  // namespace twopass::tests
