// Jigsaw: the image is cut into tiles, which change places; in which order do they lie? (Noroozi and Favaro
// 2016, arXiv:1603.09246). As in Brenig and Timofte 2023 (arXiv:2309.11955) the network sees the reassembled
// image, and 2x2 tiles make 4! = 24 classes. 3x3 tiles would make 9! = 362880; a far-apart few of these are
// used.

#include <algorithm>
#include <array>

#include "../pixel_map.hpp"

namespace {

using namespace twopass;

constexpr std::array kOptions = {
    integer("grid", "2",
            "The image is cut into grid x grid equal tiles; pixels left over at the bottom and right stay in "
            "place.")
        .at_least(2)
        .at_most(3),
    integer("permutations", "24",
            "Number of classes: orders of the tiles, the original one first, far apart from one another; 2x2 "
            "tiles have 24 in all.")
        .at_least(2)
        .at_most(1000),
};

// A text of digits: digit p names the tile that lies at place p. Places count row by row.
using Permutation = std::string;

// All orders of `tiles` tiles, lexicographically: the identity first.
std::vector<Permutation> all_permutations(int64_t tiles) {
  Permutation permutation = std::string("012345678").substr(0, static_cast<size_t>(tiles));
  std::vector<Permutation> result;
  do result.push_back(permutation);
  while (std::next_permutation(permutation.begin(), permutation.end()));
  return result;
}

// `count` of `all`, in their order and far apart: beginning with the first, each next one is that whose
// Hamming distance to the nearest chosen one is greatest, of equals the earliest. Noroozi and Favaro choose
// likewise, but by the sum of distances and from a random start; here no two are needlessly close, and
// everyone gets the same.
std::vector<Permutation> choose_far_apart(const std::vector<Permutation>& all, size_t count) {
  std::vector<uint8_t> distance_to_chosen(all.size(), UINT8_MAX);
  std::vector<size_t> chosen;
  for (size_t next = 0; chosen.size() < count;) {
    chosen.push_back(next);
    for (size_t index = 0; index < all.size(); ++index) {
      uint8_t differing = 0;
      for (size_t place = 0; place < all[index].size(); ++place)
        differing += all[index][place] != all[next][place];
      distance_to_chosen[index] = std::min(distance_to_chosen[index], differing);
    }
    next = static_cast<size_t>(std::ranges::max_element(distance_to_chosen) - distance_to_chosen.begin());
  }
  std::ranges::sort(chosen);
  std::vector<Permutation> result;
  result.reserve(count);
  for (const size_t index : chosen) result.push_back(all[index]);
  return result;
}

class Jigsaw : public Pretext {
 public:
  static std::span<const Option> options() { return kOptions; }

  Jigsaw(const Values& values, const Host&)
      : grid_(values.integer("grid")), permutation_count_(values.integer("permutations")) {
    if (grid_ == 2 && permutation_count_ > 24)
      throw Error("a 2x2 jigsaw has 24 permutations, not " + std::to_string(permutation_count_) +
                      "; lower permutations or set grid to 3",
                  TWOPASS_INVALID_ARGUMENT, "permutations");
  }

  Task negotiate(const DatasetInfo& dataset) override {
    if (dataset.height < grid_ || dataset.width < grid_) {
      const std::string size = std::to_string(grid_) + "x" + std::to_string(grid_);
      throw Error("a " + size + " jigsaw needs images of at least " + size + " pixels; the dataset offers " +
                  shape_text(dataset));
    }
    Task task{dataset.channels, dataset.height, dataset.width, {}, TWOPASS_LABEL_IS_MAP, {}};
    task.class_names =
        choose_far_apart(all_permutations(grid_ * grid_), static_cast<size_t>(permutation_count_));
    for (const Permutation& permutation : task.class_names)
      task.maps.push_back(pixel_map(
          dataset, [&](int64_t row, int64_t column) { return source(dataset, permutation, row, column); }));
    return task;
  }

 private:
  // All tiles are of one size; where the grid does not divide the image, the rows and columns left over at
  // the bottom and at the right stay in place.
  Pixel source(const DatasetInfo& dataset, const Permutation& permutation, int64_t row,
               int64_t column) const {
    const int64_t tile_height = dataset.height / grid_;
    const int64_t tile_width = dataset.width / grid_;
    const int64_t tile_row = row / tile_height;
    const int64_t tile_column = column / tile_width;
    if (tile_row >= grid_ || tile_column >= grid_) return {row, column};
    const int64_t tile = permutation[static_cast<size_t>(tile_row * grid_ + tile_column)] - '0';
    return {row + (tile / grid_ - tile_row) * tile_height,
            column + (tile % grid_ - tile_column) * tile_width};
  }

  int64_t grid_;
  int64_t permutation_count_;
};

}  // namespace

TWOPASS_PLUGIN(Jigsaw, "jigsaw", "1.0.0",
               "Tell in which order the tiles of a cut-up image were laid, 24 classes unless told otherwise.")
