#include "host/instance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace twopass::host {
namespace {

// Indices of images, pixels and map entries are 32-bit on every backend.
constexpr int64_t kMaximumCount = std::numeric_limits<int32_t>::max();

std::string title(const Plugin& plugin) {
  return fmt::format("{} '{}'", kind_name(plugin.table->kind), plugin.table->name);
}

void log_for_plugin(void* self, uint32_t level, const char* text) {
  if (text == nullptr) return;
  log(level, fmt::format("{}: {}", title(*static_cast<const Plugin*>(self)), text));
}

twopass_host services_for(const Plugin& plugin) {
  // The pointer is only handed back to log_for_plugin, which reads.
  return {sizeof(twopass_host), TWOPASS_ABI_MINOR, const_cast<Plugin*>(&plugin), &log_for_plugin};
}

// Pixels of an image of such a shape; throws when there is no such image.
int64_t pixels_of(const Instance& instance, int64_t channels, int64_t height, int64_t width) {
  int64_t pixels = 1;
  for (const int64_t extent : {channels, height, width}) {
    if (extent < 1 || extent > kMaximumCount / pixels)
      instance.fail(
          fmt::format("describes images of shape [{}, {}, {}], which cannot be", channels, height, width));
    pixels *= extent;
  }
  return pixels;
}

std::vector<std::string> class_names_of(const Instance& instance, const char* const* names, int32_t count) {
  std::vector<std::string> result;
  for (int32_t label = 0; label < count; ++label) {
    if (names != nullptr && names[label] == nullptr)
      instance.fail(fmt::format("has no name for class {}", label));
    result.push_back(names != nullptr ? names[label] : std::to_string(label));
  }
  return result;
}

twopass_dataset_info describe(const Instance& dataset) {
  twopass_dataset_info info{};
  info.struct_size = sizeof info;
  dataset.call(dataset.api<twopass_dataset_api>().describe, &info);
  if (info.class_count < 1) dataset.fail(fmt::format("describes {} classes", info.class_count));
  pixels_of(dataset, info.channels, info.height, info.width);
  return info;
}

void check_task(const Instance& pretext, const twopass_dataset_info& dataset, const twopass_task& task) {
  if (task.class_count < 2)
    pretext.fail(fmt::format("makes a task of {} classes, where at least 2 are needed", task.class_count));
  const int64_t pixels = pixels_of(pretext, task.channels, task.height, task.width);
  if (task.map_count > kMaximumCount / pixels)
    pretext.fail(fmt::format("wants {} maps of {} pixels, which is too many", task.map_count, pixels));
  switch (task.label_source) {
    case TWOPASS_LABEL_IS_MAP:
      if (task.map_count == 0 || task.map_count == static_cast<uint32_t>(task.class_count)) return;
      pretext.fail(fmt::format("labels an image by its map but has {} maps for {} classes", task.map_count,
                               task.class_count));
    case TWOPASS_LABEL_OF_DATASET:
      if (task.map_count > 1)
        pretext.fail(
            fmt::format("keeps the dataset's labels but has {} maps instead of one", task.map_count));
      if (task.class_count != dataset.class_count)
        pretext.fail(fmt::format("keeps the dataset's labels but has {} classes where the dataset has {}",
                                 task.class_count, dataset.class_count));
      return;
    default:
      pretext.fail(fmt::format("takes its labels from source number {}, which this host does not know",
                               task.label_source));
  }
}

// maps[m][p]: the pixel of the dataset's image that output pixel p takes under map m.
std::vector<std::vector<int32_t>> maps_of(const Instance& pretext, uint32_t map_count, int64_t pixels,
                                          int64_t source_pixels) {
  if (map_count == 0) return {};
  std::vector<int32_t> flat(map_count * static_cast<size_t>(pixels), -1);
  pretext.call(pretext.api<twopass_pretext_api>().maps, flat.data());
  std::vector<std::vector<int32_t>> maps;
  for (auto map = flat.begin(); map != flat.end(); map += pixels) {
    const auto wrong = std::find_if(map, map + pixels,
                                    [&](int32_t source) { return source < -1 || source >= source_pixels; });
    if (wrong != map + pixels)
      pretext.fail(fmt::format("map {} takes pixel {} from pixel {} of an image that has {}", maps.size(),
                               wrong - map, *wrong, source_pixels));
    maps.emplace_back(map, map + pixels);
  }
  return maps;
}

}  // namespace

Instance::Instance(const Plugin& plugin, const twopass_values& values)
    : plugin_(&plugin),
      services_(std::make_unique<const twopass_host>(services_for(plugin))),
      self_(nullptr, plugin.table->destroy) {
  void* self = nullptr;
  guard([&] { abi::call(plugin.table->create, services_.get(), &values, &self); });
  if (self == nullptr) fail("create reported success but made no instance, which is a bug in the plugin");
  self_.reset(self);
}

void Instance::fail(const std::string& text, twopass_status status, const std::string& option) const {
  throw Error(title(*plugin_) + ": " + text, status, option);
}

DatasetInfo Dataset::describe() const {
  const twopass_dataset_info info = host::describe(instance_);
  return {info.channels, info.height, info.width,
          class_names_of(instance_, info.class_names, info.class_count)};
}

ImageSet Dataset::load(Split split) const {
  const twopass_dataset_info info = host::describe(instance_);
  const int64_t pixels = info.channels * info.height * info.width;
  const char* split_name = split == Split::kTrain ? "train" : "test";
  twopass_images images{};
  images.struct_size = sizeof images;
  instance_.call(instance_.api<twopass_dataset_api>().load, static_cast<uint32_t>(split), &images);
  if (images.count < 1 || images.count > kMaximumCount)
    instance_.fail(fmt::format("its {} split has {} images", split_name, images.count), TWOPASS_CORRUPT);
  if (images.pixels == nullptr || images.labels == nullptr)
    instance_.fail(fmt::format("its {} split of {} images came without {}", split_name, images.count,
                               images.pixels == nullptr ? "pixels" : "labels"),
                   TWOPASS_CORRUPT);
  if (images.pixel_bytes != static_cast<uint64_t>(images.count * pixels))
    instance_.fail(fmt::format("its {} split has {} labels and {} pixels, where its image shape asks for {}",
                               split_name, images.count, images.pixel_bytes, images.count * pixels),
                   TWOPASS_CORRUPT);
  const std::span labels(images.labels, static_cast<size_t>(images.count));
  const auto wrong = std::ranges::find_if(labels, [&](int32_t l) { return l < 0 || l >= info.class_count; });
  if (wrong != labels.end())
    instance_.fail(fmt::format("image {} of its {} split has label {}; labels are 0 to {}",
                               wrong - labels.begin(), split_name, *wrong, info.class_count - 1),
                   TWOPASS_CORRUPT);
  return {images.count, {images.pixels, static_cast<size_t>(images.count * pixels)}, labels};
}

Task Pretext::negotiate(const DatasetInfo& dataset) {
  const std::vector<const char*> names = abi::pointers(dataset.class_names);
  const twopass_dataset_info info{sizeof info,      static_cast<int32_t>(names.size()),
                                  dataset.channels, dataset.height,
                                  dataset.width,    names.data()};
  twopass_task task{};
  task.struct_size = sizeof task;
  instance_.call(instance_.api<twopass_pretext_api>().negotiate, &info, &task);
  check_task(instance_, info, task);
  class_count_ = task.class_count;
  return {task.channels,
          task.height,
          task.width,
          class_names_of(instance_, task.class_names, task.class_count),
          static_cast<twopass_label_source>(task.label_source),
          maps_of(instance_, task.map_count, task.channels * task.height * task.width,
                  dataset.channels * dataset.height * dataset.width)};
}

int32_t Pretext::transform(const uint8_t* image, int32_t label, uint64_t key, uint8_t* out) const {
  int32_t made = -1;
  instance_.call(instance_.api<twopass_pretext_api>().transform, image, label, key, out, &made);
  if (made < 0 || made >= class_count_)
    instance_.fail(fmt::format("gave an image label {}; labels are 0 to {}", made, class_count_ - 1));
  return made;
}

}  // namespace twopass::host
