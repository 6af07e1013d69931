#include "run/batches.hpp"

#include "run/stop.hpp"

namespace twopass::run {
namespace {

// Whether the maps do anything: a lone identity does not.
bool moves_pixels(const Task& task) {
  if (task.maps.size() != 1) return !task.maps.empty();
  const std::vector<int32_t>& map = task.maps.front();
  for (size_t pixel = 0; pixel < map.size(); ++pixel)
    if (map[pixel] != static_cast<int32_t>(pixel)) return true;
  return false;
}

// Draws each row's map and derives its label, or its key where the task has no maps: `transform` gives the
// label then.
void draw(const ImagesInMemory& images, const Task& task, Random maps, Random keys, Order& order) {
  const auto count = static_cast<uint32_t>(task.maps.size());
  const bool map_is_label = count > 0 && task.label_source == TWOPASS_LABEL_IS_MAP;
  for (const int32_t row : order.rows) {
    const auto map = count == 0 ? 0 : static_cast<int32_t>(maps.below(count));
    order.maps.push_back(map);
    order.labels.push_back(map_is_label ? map : images.labels[static_cast<size_t>(row)]);
    if (count == 0) {
      const uint64_t high = keys.bits();  // first, whatever the compiler
      order.keys.push_back(high << 32 | keys.bits());
    }
  }
}

Order in_their_order(const ImagesInMemory& images) {
  Order order;
  for (int64_t row = 0; row < images.count; ++row) order.rows.push_back(static_cast<int32_t>(row));
  return order;
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

void Batches::begin_pass(Order& order) {
  if (pretext_ != nullptr) transform(order);
  device_.upload_rows(rows_, 0, std::span<const int32_t>(order.rows));
  device_.upload_rows(maps_, 0, std::span<const int32_t>(order.maps));
  device_.upload_rows(labels_, 0, std::span<const int32_t>(order.labels));
}

void Batches::transform(Order& order) const {
  const size_t source_size = images_->pixels.size() / static_cast<size_t>(images_->count);
  const auto target_size = static_cast<size_t>(inputs_);
  std::vector<uint8_t> transformed(order.rows.size() * target_size);
  for (size_t index = 0; index < order.rows.size(); ++index) {
    if (index % 1000 == 0) throw_if_stopped();
    const auto row = static_cast<size_t>(order.rows[index]);
    const int32_t label =
        pretext_->transform(images_->pixels.data() + row * source_size, images_->labels[row],
                            order.keys[index], transformed.data() + index * target_size);
    if (order.labels[index] >= 0) order.labels[index] = label;
    order.rows[index] = static_cast<int32_t>(index);
  }
  device_.upload_rows(pixels_, 0, std::span<const uint8_t>(transformed));
}

Order training_order(const ImagesInMemory& images, const Task& task, int64_t batch, uint64_t seed,
                     int64_t epoch, bool redraw) {
  const auto draw_all = [&](uint64_t stream, Order& order) {
    draw(images, task, Random(seed, Purpose::kPretextClass, stream),
         Random(seed, Purpose::kTransform, stream), order);
  };
  Order order;
  order.rows = Random(seed, Purpose::kShuffle, static_cast<uint64_t>(epoch)).permutation(images.count);
  order.rows.resize(static_cast<size_t>(images.count / batch * batch));
  if (redraw) {
    draw_all(static_cast<uint64_t>(epoch), order);
    return order;
  }
  Order fixed = in_their_order(images);
  draw_all(0, fixed);
  for (const int32_t row : order.rows) {
    const auto image = static_cast<size_t>(row);
    order.maps.push_back(fixed.maps[image]);
    order.labels.push_back(fixed.labels[image]);
    if (!fixed.keys.empty()) order.keys.push_back(fixed.keys[image]);
  }
  return order;
}

Order evaluation_order(const ImagesInMemory& images, const Task* task, int64_t batch) {
  Order order = in_their_order(images);
  if (task != nullptr) {
    draw(images, *task, Random(0, Purpose::kEvaluationClass), Random(0, Purpose::kEvaluationTransform),
         order);
  } else {
    order.maps.assign(order.rows.size(), 0);
    order.labels.assign(images.labels.begin(), images.labels.end());
  }
  const auto padded = static_cast<size_t>(whole_batches(images.count, batch));
  order.rows.resize(padded, 0);
  order.maps.resize(padded, 0);
  order.labels.resize(padded, -1);
  if (!order.keys.empty()) order.keys.resize(padded, 0);
  return order;
}

}  // namespace twopass::run
