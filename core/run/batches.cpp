#include "run/batches.hpp"

#include "run/stop.hpp"

namespace twopass::run {
namespace {

int32_t label_of(const ImagesInMemory& images, const Task& task, int32_t row, int32_t map) {
  return task.label_source == TWOPASS_LABEL_OF_DATASET ? images.labels[static_cast<size_t>(row)] : map;
}

// Whether the maps do anything: a lone identity does not.
bool moves_pixels(const Task& task) {
  if (task.maps.size() != 1) return !task.maps.empty();
  const std::vector<int32_t>& map = task.maps.front();
  for (size_t pixel = 0; pixel < map.size(); ++pixel)
    if (map[pixel] != static_cast<int32_t>(pixel)) return true;
  return false;
}

// Draws a map for every row and derives the labels. Tasks without maps get their labels from `transform`.
void draw_maps(const ImagesInMemory& images, const Task& task, Random random, Order& order) {
  const auto count = static_cast<uint32_t>(task.maps.size());
  for (const int32_t row : order.rows) {
    const auto map = count == 0 ? 0 : static_cast<int32_t>(random.below(count));
    order.maps.push_back(map);
    order.labels.push_back(count == 0 ? images.labels[static_cast<size_t>(row)]
                                      : label_of(images, task, row, map));
  }
}

}  // namespace

Batches::Batches(Device device, const ImagesInMemory& images, const Task* task, const host::Pretext* pretext,
                 const Tensor& images_out, const Tensor& labels_out, int64_t pass_rows)
    : device_(device), images_(&images), inputs_(images_out.columns()) {
  const bool transformed = task != nullptr && task->maps.empty();
  if (transformed) pretext_ = pretext;
  pixels_ = transformed ? device_.tensor("transformed", TWOPASS_INPUT, pass_rows, inputs_, TWOPASS_U8)
                        : images.on_device;
  rows_ = device_.tensor("pass.rows", TWOPASS_INPUT, pass_rows, 1, TWOPASS_I32);
  maps_ = device_.tensor("pass.maps", TWOPASS_INPUT, pass_rows, 1, TWOPASS_I32);
  labels_ = device_.tensor("pass.labels", TWOPASS_INPUT, pass_rows, 1, TWOPASS_I32);
  program_ = record(task, images_out, labels_out);
}

CompiledProgram Batches::record(const Task* task, const Tensor& images_out, const Tensor& labels_out) {
  Program program("assemble");
  const Slot first = program.slot();
  const int64_t batch = images_out.rows();
  Tensor bytes = program.temp("bytes", batch, pixels_.columns(), TWOPASS_U8);
  program.gather_rows(pixels_, rows_, bytes, first);
  if (task != nullptr && moves_pixels(*task)) {
    std::vector<int32_t> table;
    for (const std::vector<int32_t>& map : task->maps) table.insert(table.end(), map.begin(), map.end());
    const Tensor maps = device_.tensor("pretext.maps", TWOPASS_INPUT, static_cast<int64_t>(task->maps.size()),
                                       inputs_, TWOPASS_I32);
    device_.upload(maps, table);
    const Tensor moved = program.temp("moved", batch, inputs_, TWOPASS_U8);
    program.gather_columns(bytes, maps, maps_, moved, first);
    bytes = moved;
  }
  program.copy(bytes, images_out, {.scale = 1.0 / 255});
  if (labels_out) program.copy(labels_, labels_out, {.in_row = first});
  return device_.compile(program);
}

void Batches::begin_pass(Order& order, Random keys) {
  if (pretext_ != nullptr) transform(order, keys);
  device_.upload_rows(rows_, 0, std::span<const int32_t>(order.rows));
  device_.upload_rows(maps_, 0, std::span<const int32_t>(order.maps));
  device_.upload_rows(labels_, 0, std::span<const int32_t>(order.labels));
}

void Batches::transform(Order& order, Random& keys) const {
  const size_t source_size = images_->pixels.size() / static_cast<size_t>(images_->count);
  const auto target_size = static_cast<size_t>(inputs_);
  std::vector<uint8_t> transformed(order.rows.size() * target_size);
  for (size_t index = 0; index < order.rows.size(); ++index) {
    if (index % 1000 == 0) throw_if_stopped();
    const auto row = static_cast<size_t>(order.rows[index]);
    const uint64_t image_key = uint64_t{keys.bits()} << 32 | keys.bits();
    const int32_t label =
        pretext_->transform(images_->pixels.data() + row * source_size, images_->labels[row], image_key,
                            transformed.data() + index * target_size);
    if (order.labels[index] >= 0) order.labels[index] = label;
    order.rows[index] = static_cast<int32_t>(index);
  }
  device_.upload_rows(pixels_, 0, std::span<const uint8_t>(transformed));
}

Order training_order(const ImagesInMemory& images, const Task& task, int64_t batch, uint64_t seed,
                     int64_t epoch) {
  const auto stream = static_cast<uint64_t>(epoch);
  Order order;
  order.rows = Random(seed, Purpose::kShuffle, stream).permutation(images.count);
  order.rows.resize(static_cast<size_t>(images.count / batch * batch));
  draw_maps(images, task, Random(seed, Purpose::kPretextClass, stream), order);
  return order;
}

Order evaluation_order(const ImagesInMemory& images, const Task* task, int64_t batch) {
  Order order;
  for (int64_t row = 0; row < images.count; ++row) order.rows.push_back(static_cast<int32_t>(row));
  if (task != nullptr) {
    draw_maps(images, *task, Random(0, Purpose::kEvaluationClass), order);
  } else {
    order.maps.assign(order.rows.size(), 0);
    order.labels.assign(images.labels.begin(), images.labels.end());
  }
  const auto padded = static_cast<size_t>(whole_batches(images.count, batch));
  order.rows.resize(padded, 0);
  order.maps.resize(padded, 0);
  order.labels.resize(padded, -1);
  return order;
}

}  // namespace twopass::run
