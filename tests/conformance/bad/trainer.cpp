#include "toy_trainer.hpp"

TWOPASS_PLUGIN(ToyTrainer, "bad_trainer", "1", "Layers with classifiers of their own, well or badly.")
