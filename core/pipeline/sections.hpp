#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "twopass/network.hpp"
#include "twopass/option.hpp"

// The options that every pipeline has, whatever its plugins: what the host itself reads. A section named
// after a kind of plugin holds these beside the plugin's own.
namespace twopass::pipeline {

inline constexpr std::array<Option, 2> kPipelineOptions{
    text("name", kRequired, "Names the run's folder: letters, digits, '.', '_' and '-'."),
    integer("seed", "0",
            "Decides all that is random: initial weights, subsets, batches, pretext classes, wrong labels, "
            "the probe's order.")
        .at_least(0),
};

// What `name` may be, as a regular expression and in words.
inline constexpr const char* kNamePattern = "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$";
inline constexpr const char* kNameText = "up to 100 letters, digits, '.', '_' and '-', the first no '.'";

// Keys that make no other experiment, so that config_hash leaves them out.
inline constexpr std::array<std::string_view, 6> kNotInHash{
    "name",          "dataset.root", "transfer.dataset.root", "trainer.keep_every", "backend.threads",
    "backend.device"};

inline constexpr std::array<Option, 4> kDatasetOptions{
    path("root", "",
         "Folder to look in first, before TWOPASS_DATA_ROOT, ./data, the user's data folder and "
         "/usr/share/datasets."),
    integer("train_size", "0",
            "Number of training images, from a fixed random choice that depends on the seed alone; 0: all.")
        .at_least(0),
    integer("test_size", "0",
            "Number of test images, from a random choice that is the same for every seed; 0: all.")
        .at_least(0),
    integer(
        "validation_size", "0",
        "Number of training images that take the place of the test images, to choose options by: a random "
        "choice, the same for every seed, of which nothing is learned. 0: none.")
        .at_least(0)
        .added_later(),
};

inline constexpr std::array<Option, 1> kPretextOptions{
    boolean("redraw", "true",
            "Whether each training image's transform is drawn anew in every epoch, or once for all.")
        .added_later(),
};

inline constexpr std::array<Option, 5> kTrainerOptions{
    integer("epochs", "60", "Passes over the training images.").at_least(0).at_most(1'000'000),
    integer("batch_size", "200", "Images per step.").at_least(1).at_most(1'000'000),
    integer(
        "evaluate_every", "1",
        "Epochs between two evaluations of the pretext accuracy; the last ten epochs are always evaluated.")
        .at_least(1),
    path(
        "initial_weights", "",
        "A model.safetensors or checkpoint of another run, or made elsewhere: weights of the network's names "
        "to begin with in place of the seed's.")
        .added_later(),
    integer("keep_every", "0",
            "Epochs between two copies of the weights that the run's folder keeps in models/, to see what "
            "became of the features; 0: none.")
        .at_least(0)
        .added_later(),
};

// In the order of twopass_label_pixels.
inline constexpr std::array<twopass_choice, 3> kLabelPixels{{
    {"neutral", "the label strength divided by the number of classes, in every label pixel"},
    {"zero", "black"},
    {"keep", "the image's own pixels"},
}};
inline constexpr std::array<twopass_choice, 2> kFeatures{{
    {"normalized", "as the next layer would see them"},
    {"raw", "the layer's activities"},
}};
inline constexpr std::array<Option, 6> kTransferOptions{
    integer("epochs", "100", "Passes of the linear probe over the training features.")
        .at_least(1)
        .at_most(1'000'000),
    integer("batch_size", "200", "Feature rows per step of the probe.").at_least(1).at_most(1'000'000),
    number("learning_rate", "1e-3", "Adam's step size for the probe.").above(0).at_most(10),
    number("weight_decay", "0", "L2 penalty on the probe's weights.").at_least(0).at_most(1),
    choice("label_pixels", "neutral", kLabelPixels,
           "What the label pixels hold while features are extracted."),
    choice("features", "normalized", kFeatures, "Which of a layer's features the probe sees."),
};

inline constexpr std::span<const Option> kNetworkOptions = Network::kOptions;

// The text list that the host adds to a dataset's values, and the key that names a section's plugin: no
// plugin can have options of these names.
inline constexpr const char* kRoots = "roots";
inline constexpr const char* kPluginKey = "plugin";
// The backend of a pipeline that names none; its options may be set without naming it: `backend: {threads:
// 2}`.
inline constexpr const char* kDefaultBackend = "blas";

// The sections that name a plugin, by one word or as a mapping with the key `plugin`.
struct PluginSection {
  std::string_view path;
  twopass_kind kind;
};
inline constexpr std::array<PluginSection, 5> kPluginSections{{
    {"dataset", TWOPASS_DATASET},
    {"pretext", TWOPASS_PRETEXT},
    {"trainer", TWOPASS_TRAINER},
    {"backend", TWOPASS_BACKEND},
    {"transfer.dataset", TWOPASS_DATASET},
}};
// Null when the section at `path` names none.
constexpr const PluginSection* find_plugin_section(std::string_view path) {
  const auto found = std::ranges::find(kPluginSections, path, &PluginSection::path);
  return found == kPluginSections.end() ? nullptr : &*found;
}

// The options that every plugin of the kind has beside its own.
constexpr std::span<const Option> common_options(twopass_kind kind) {
  if (kind == TWOPASS_DATASET) return kDatasetOptions;
  if (kind == TWOPASS_PRETEXT) return kPretextOptions;
  if (kind == TWOPASS_TRAINER) return kTrainerOptions;
  return {};
}

}  // namespace twopass::pipeline
