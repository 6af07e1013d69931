// Rotation: by which multiple of a quarter turn was the image rotated (Gidaris, Singh, Komodakis 2018,
// arXiv:1803.07728)? Counter-clockwise, as in the authors' code and numpy.rot90. Studied for Forward-Forward
// by Brenig and Timofte 2023 (arXiv:2309.11955).
//
// No network reaches 100 % on digits: 0, 1 and 8 look alike upside down, and 6 and 9 change places.

#include "../pixel_map.hpp"

namespace {

using namespace twopass;

class Rotation : public Pretext {
 public:
  static std::span<const Option> options() { return {}; }

  Rotation(const Values&, const Host&) {}

  Task negotiate(const DatasetInfo& dataset) override {
    if (dataset.height != dataset.width)
      throw Error("rotation needs square images; the dataset offers " + shape_text(dataset));
    const int64_t last = dataset.height - 1;
    Task task{dataset.channels,     dataset.height,
              dataset.width,        {"0 degrees", "90 degrees", "180 degrees", "270 degrees"},
              TWOPASS_LABEL_IS_MAP, {}};
    task.maps = {pixel_map(dataset,
                           [](int64_t row, int64_t column) {
                             return Pixel{row, column};
                           }),
                 pixel_map(dataset,
                           [=](int64_t row, int64_t column) {
                             return Pixel{column, last - row};
                           }),
                 pixel_map(dataset,
                           [=](int64_t row, int64_t column) {
                             return Pixel{last - row, last - column};
                           }),
                 pixel_map(dataset, [=](int64_t row, int64_t column) {
                   return Pixel{last - column, row};
                 })};
    return task;
  }
};

}  // namespace

TWOPASS_PLUGIN(
    Rotation, "rotation", "1.0.0",
    "Tell by how much an image was rotated counter-clockwise: 0, 90, 180 or 270 degrees, 4 classes.")
