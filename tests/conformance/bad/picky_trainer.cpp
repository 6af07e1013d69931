// A trainer that works on backends with every fused op only, which the SDK's classes do not even let it see.

#include "toy_trainer.hpp"

namespace {

int32_t build_picky(void* self, const twopass_trainer_task* task, twopass_trainer_outputs* outputs,
                    twopass_error* error) {
  twopass_backend_info info{};
  info.struct_size = sizeof info;
  task->device->api->open(task->device->self, &info, error);
  if (info.fused_ops == 0) return abi::fill(error, TWOPASS_UNSUPPORTED, "I need row_normalize");
  return Trainer::kApi.build(self, task, outputs, error);
}

class PickyTrainer : public ToyTrainer {
 public:
  using ToyTrainer::ToyTrainer;
  static const twopass_trainer_api kApi;
};
const twopass_trainer_api PickyTrainer::kApi = [] {
  twopass_trainer_api api = Trainer::kApi;
  api.build = &build_picky;
  return api;
}();

}  // namespace

TWOPASS_PLUGIN(PickyTrainer, "picky_trainer", "1", "Wants every fused op.")
