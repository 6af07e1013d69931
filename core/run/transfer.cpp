#include "run/transfer.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "run/probe.hpp"

namespace twopass::run {
namespace {

constexpr const char* kPartial = "transfer.json";

// One split on its way through the frozen network into a feature store.
class SplitFeatures {
 public:
  SplitFeatures(Device device, const std::string& name, twopass_type type, const ImagesInMemory& images,
                const Tensor& images_out, const std::vector<Tensor>& sources,
                FeatureNormalization normalization)
      : order_(evaluation_order(images, nullptr, images_out.rows())),
        batches_(device, images, nullptr, nullptr, images_out, Tensor(),
                 static_cast<int64_t>(order_.rows.size())),
        store_(device, name, type, widths_of(sources), static_cast<int64_t>(order_.rows.size())),
        writer_(device, sources, normalization, store_) {
    batches_.begin_pass(order_);
  }

  // `extract` turns images_out into the sources.
  void fill(const std::function<void()>& extract) const {
    writer_.fill([&](int64_t first) {
      batches_.load(first);
      extract();
    });
  }
  const FeatureStore& store() const { return store_; }
  std::span<const int32_t> labels() const { return order_.labels; }

 private:
  static std::vector<int64_t> widths_of(const std::vector<Tensor>& sources) {
    std::vector<int64_t> widths;
    for (const Tensor& source : sources) widths.push_back(source.columns());
    return widths;
  }

  Order order_;
  Batches batches_;
  FeatureStore store_;
  FeatureWriter writer_;
};

struct Splits {
  SplitFeatures train, test;
};

// Fills both stores and trains the probes on them.
std::map<std::string, double> probe(const Wiring& wiring, const Splits& splits, const std::string& what,
                                    const std::function<void()>& extract, ProgressDisplay& display) {
  display.update([&] { return fmt::format("extracting features of {}", what); });
  splits.train.fill(extract);
  splits.test.fill(extract);
  const Values options = wiring.pipeline.transfer.typed();
  ProbeSettings settings;
  settings.epochs = options.integer("epochs");
  settings.batch_size = options.integer("batch_size");
  settings.learning_rate = options.number("learning_rate");
  settings.weight_decay = options.number("weight_decay");
  settings.classes = wiring.probe_classes;
  settings.seed = wiring.pipeline.seed;
  return train_probes(
      wiring.device->device(), splits.train.store(), splits.train.labels(), splits.test.store(),
      splits.test.labels(), settings, [&](int64_t epoch) {
        display.update([&] { return fmt::format("probe of {}: epoch {}/{}", what, epoch, settings.epochs); });
      });
}

}  // namespace

nlohmann::json measure_transfer(Wiring& wiring, const ImagesInMemory& train, const ImagesInMemory& test,
                                RunFolder& folder, ProgressDisplay& display) {
  Trainer& trainer = *wiring.trainer;
  const Device device = wiring.device->device();
  nlohmann::json accuracy = folder.read_json(kPartial).value_or(nlohmann::json::object());
  const auto keep = [&](const char* key, const std::map<std::string, double>& values) {
    accuracy[key] = values;
    folder.write_json(kPartial, accuracy);
    std::string line = fmt::format("probe of {}:", key);
    for (const auto& [name, value] : values)
      line += values.size() == 1 ? fmt::format(" {:.2f} %", 100 * value)
                                 : fmt::format("  {} {:.2f} %", name, 100 * value);
    display.line(line);
    folder.append_log(line);
  };
  // Where products round their factors to bfloat16, features need not be kept any better: half the memory.
  const twopass_backend_info& backend = wiring.device->info();
  const bool rounded =
      std::string_view(backend.precision) == "bfloat16" && (backend.types >> TWOPASS_BF16 & 1) != 0;
  const twopass_type type = rounded ? TWOPASS_BF16 : TWOPASS_F32;
  const auto splits = [&](const std::string& name, const std::vector<Tensor>& sources,
                          FeatureNormalization kind) {
    const auto split = [&](const char* suffix, const ImagesInMemory& images) {
      return SplitFeatures(device, name + suffix, type, images, trainer.evaluation_images, sources, kind);
    };
    return Splits{split(".train", train), split(".test", test)};
  };

  if (!accuracy.contains("raw_pixels"))
    keep("raw_pixels",
         probe(
             wiring, splits("raw_pixels", {trainer.evaluation_images}, {}), "raw pixels", [] {}, display));

  if (!accuracy.contains("features") || !accuracy.contains("untrained")) {
    const Splits features = splits("features", trainer.features, feature_normalization(wiring.pipeline));
    const auto extract = [&] { trainer.extract(); };
    if (!accuracy.contains("features"))
      keep("features", probe(wiring, features, "the trained network", extract, display));
    trainer.initialize(wiring.pipeline.seed);
    keep("untrained", probe(wiring, features, "the untrained network", extract, display));
  }
  return {
      {"features", accuracy["features"]},
      {"controls", {{"raw_pixels", accuracy["raw_pixels"]["layer1"]}, {"untrained", accuracy["untrained"]}}}};
}

}  // namespace twopass::run
