#include "run/transfer.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "run/batches.hpp"
#include "run/json_files.hpp"
#include "run/probe.hpp"
#include "run/stop.hpp"

namespace twopass::run {
namespace {

constexpr const char* kPartial = "transfer.json";
constexpr const char* kHalfway = "halfway";

// What the probes learn to tell.
struct Labels {
  const Task* task = nullptr;  // absent: the dataset's own classes, of the images as they are
  const host::Pretext* pretext = nullptr;
  int64_t classes = 0;
};

// One split on its way through the frozen network into a feature store of so many rows.
class SplitFeatures {
 public:
  SplitFeatures(Device device, const std::string& name, twopass_type type, const ImagesInMemory& images,
                const Labels& labels, const Tensor& images_out, const std::vector<Tensor>& sources,
                FeatureNormalization normalization, bool keep_all)
      : batch_(images_out.rows()),
        order_(evaluation_order(images, labels.task, batch_)),
        batches_(device, images, labels.task, labels.pretext, images_out, Tensor(), rows()),
        store_(device, name, type, sources, keep_all ? rows() : batch_),
        writer_(device, sources, normalization, store_) {
    batches_.begin_pass(order_);
  }

  // Puts the batch from row `first` on into the store, there from row `to` on. `extract` turns images_out
  // into the sources.
  void load(int64_t first, int64_t to, const std::function<void()>& extract) const {
    batches_.load(first);
    extract();
    writer_.write(to);
  }
  void load_all(const std::function<void()>& extract) const {
    for (int64_t first = 0; first < rows(); first += batch_) {
      throw_if_stopped();
      load(first, first, extract);
    }
  }
  const FeatureStore& store() const { return store_; }
  std::span<const int32_t> labels() const { return order_.labels; }

 private:
  int64_t rows() const { return static_cast<int64_t>(order_.rows.size()); }

  int64_t batch_;
  Order order_;
  Batches batches_;
  FeatureStore store_;
  FeatureWriter writer_;
};

// What the probes of one network read, and what is done with after them.
class Subject {
 public:
  Subject(const Wiring& wiring, const ImagesInMemory& train, const ImagesInMemory& test, const Labels& labels,
          const std::string& name, const std::vector<Tensor>& sources, FeatureNormalization normalization)
      : wiring_(wiring),
        labels_(labels),
        scope_(*wiring.device),
        train_(split(name + ".train", train, sources, normalization, true)),
        test_(split(name + ".test", test, sources, normalization, false)) {}

  // Trains the probes on the network as it is.
  ProbeAccuracy probe(const std::string& what, const std::function<void()>& extract,
                      ProgressDisplay& display) {
    display.update([&] { return fmt::format("extracting features of {}", what); });
    train_.load_all(extract);
    const Values options = wiring_.pipeline.transfer.typed();
    const ProbeSettings settings{.epochs = options.integer("epochs"),
                                 .batch_size = options.integer("batch_size"),
                                 .learning_rate = options.number("learning_rate"),
                                 .weight_decay = options.number("weight_decay"),
                                 .classes = labels_.classes,
                                 .seed = wiring_.pipeline.seed};
    const TestFeatures test{test_.store(), test_.labels(),
                            [&](int64_t first) { test_.load(first, 0, extract); }};
    host::HostDevice::Scope scope(*wiring_.device);
    return train_probes(scope.device(), train_.store(), train_.labels(), test, settings, [&](int64_t epoch) {
      display.update([&] { return fmt::format("probe of {}: epoch {}/{}", what, epoch, settings.epochs); });
    });
  }

 private:
  SplitFeatures split(const std::string& name, const ImagesInMemory& images,
                      const std::vector<Tensor>& sources, FeatureNormalization normalization, bool keep_all) {
    // Where products round their factors to bfloat16, features need not be kept any better: half the memory.
    const twopass_backend_info& backend = wiring_.device->info();
    const bool rounded =
        std::string_view(backend.precision) == "bfloat16" && (backend.types >> TWOPASS_BF16 & 1) != 0;
    return SplitFeatures(scope_.device(), name, rounded ? TWOPASS_BF16 : TWOPASS_F32, images, labels_,
                         wiring_.trainer->evaluation_images, sources, normalization, keep_all);
  }

  const Wiring& wiring_;
  Labels labels_;
  host::HostDevice::Scope scope_;
  SplitFeatures train_, test_;
};

bool holds_probe(const nlohmann::json& accuracies, const char* key) {
  return accuracies.value(key, nlohmann::json()).contains("layer1");
}

// Accuracies of probes, kept in the folder as soon as they are known, so that a stopped run does not start
// over.
class Kept {
 public:
  Kept(RunFolder& folder, ProgressDisplay& display)
      : folder_(folder),
        display_(display),
        accuracy_(read_json_object(folder.path() / kPartial).value_or(nlohmann::json::object())) {}

  bool has(const char* key) const { return holds_probe(accuracy_, key); }
  const nlohmann::json& all() const { return accuracy_; }
  nlohmann::json halfway() const {
    nlohmann::json accuracies = accuracy_.value(kHalfway, nlohmann::json());
    return accuracies.is_object() ? accuracies : nlohmann::json::object();
  }
  void add(const char* key, const ProbeAccuracy& accuracy) {
    accuracy_[key] = accuracy.last;
    if (!accuracy.halfway.empty()) {
      nlohmann::json before = halfway();
      before[key] = accuracy.halfway;
      accuracy_[kHalfway] = before;
    }
    folder_.write_json(kPartial, accuracy_);
    std::string line = fmt::format("probe of {}:", key);
    for (const auto& [name, value] : accuracy.last)
      line += accuracy.last.size() == 1 ? fmt::format(" {:.2f} %", 100 * value)
                                        : fmt::format("  {} {:.2f} %", name, 100 * value);
    display_.line(line);
  }

 private:
  RunFolder& folder_;
  ProgressDisplay& display_;
  nlohmann::json accuracy_;
};

}  // namespace

nlohmann::json measure_transfer(Wiring& wiring, const ImagesInMemory& train, const ImagesInMemory& test,
                                RunFolder& folder, ProgressDisplay& display) {
  Trainer& trainer = *wiring.trainer;
  const Labels labels{.classes = wiring.probe_classes};
  Kept kept(folder, display);
  if (!kept.has("raw_pixels"))
    kept.add("raw_pixels", Subject(wiring, train, test, labels, "raw_pixels", {trainer.evaluation_images}, {})
                               .probe(
                                   "raw pixels", [] {}, display));

  if (!kept.has("features") || !kept.has("untrained")) {
    Subject network(wiring, train, test, labels, "features", trainer.features,
                    feature_normalization(wiring.pipeline));
    const auto extract = [&] { trainer.extract(); };
    if (!kept.has("features")) kept.add("features", network.probe("the trained network", extract, display));
    trainer.initialize(wiring.pipeline.seed);
    kept.add("untrained", network.probe("the untrained network", extract, display));
  }
  const auto arrange = [](const nlohmann::json& probes) -> nlohmann::json {
    return {{"features", probes.at("features")},
            {"controls",
             {{"raw_pixels", probes.at("raw_pixels").at("layer1")}, {"untrained", probes.at("untrained")}}}};
  };
  nlohmann::json result = arrange(kept.all());
  const nlohmann::json halfway = kept.halfway();
  const auto was_measured = [&](const char* key) { return holds_probe(halfway, key); };
  if (was_measured("features") && was_measured("raw_pixels") && was_measured("untrained"))
    result[kHalfway] = arrange(halfway);
  return result;
}

nlohmann::json probe_pretext(Wiring& wiring, const ImagesInMemory& train, const ImagesInMemory& test,
                             RunFolder& folder, ProgressDisplay& display) {
  const Labels labels{&wiring.task, wiring.pretext.get(), std::ssize(wiring.task.class_names)};
  Kept kept(folder, display);
  if (!kept.has("pretext"))
    kept.add("pretext", Subject(wiring, train, test, labels, "pretext", wiring.trainer->features,
                                feature_normalization(wiring.pipeline))
                            .probe(
                                "the pretext task", [&] { wiring.trainer->extract(); }, display));
  nlohmann::json result{{"probe", kept.all().at("pretext")}};
  if (const nlohmann::json halfway = kept.halfway(); holds_probe(halfway, "pretext"))
    result["probe_halfway"] = halfway["pretext"];
  return result;
}

}  // namespace twopass::run
