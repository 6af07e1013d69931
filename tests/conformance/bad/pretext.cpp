// A pretext task that is good, or breaks one rule: its option `fault` says which.

#include "twopass/pretext.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>

namespace {

using namespace twopass;

constexpr std::array<twopass_choice, 14> kFaults{{
    {"none", "turns the image upside down, or not"},
    {"shapes", "fails for images that are not square"},
    {"halves", "makes images of half the height"},
    {"repeats", "takes one pixel twice and loses another"},
    {"alike", "has two classes of the same map"},
    {"same", "makes other maps each time"},
    {"good_transform", "transforms instead, by the rules"},
    {"counts", "transforms by a counter of its own"},
    {"remembers", "transforms each image by what it drew for its first one"},
    {"own_luck", "transforms by what it drew when it was made"},
    {"third_label", "transforms to a label of no class"},
    {"overruns", "writes past the image"},
    {"prints", "prints a line for each image that it transforms"},
    {"unwritten", "does not write the first pixel"},
}};

class BadPretext : public Pretext {
 public:
  static constexpr std::array<Option, 1> kOptions{choice("fault", "none", kFaults, "What is wrong with it.")};
  static std::span<const Option> options() { return kOptions; }

  BadPretext(const Values& values, const Host&) : fault_(values.choice("fault")) {
    static size_t made = 0;
    if (fault_ == "own_luck") own_shift_ = ++made;
  }

  Task negotiate(const DatasetInfo& images) override {
    Task task{
        images.channels, images.height, images.width, {"upright", "upside_down"}, TWOPASS_LABEL_IS_MAP, {}};
    if (fault_ == "shapes" && images.height != images.width) throw std::out_of_range("vector");
    for (const char* fault : {"good_transform", "counts", "remembers", "own_luck", "third_label", "overruns",
                              "prints", "unwritten"})
      if (fault_ == fault) return task;
    if (fault_ == "halves") {
      task.height = (task.height + 1) / 2;
      return task;
    }
    std::vector<int32_t> map(static_cast<size_t>(images.channels * images.height * images.width));
    std::iota(map.begin(), map.end(), 0);
    task.maps = {map, {map.rbegin(), map.rend()}};
    if (fault_ == "repeats") task.maps[1].back() = task.maps[1].front();
    if (fault_ == "alike") task.maps[1] = task.maps[0];
    if (fault_ == "same" && calls_++ % 2 == 1) std::swap(task.maps[0], task.maps[1]);
    return task;
  }

  int32_t transform(std::span<const uint8_t> image, int32_t, Random& random,
                    std::span<uint8_t> out) override {
    const size_t drawn = random.below(static_cast<uint32_t>(image.size()));
    if (fault_ == "remembers" && calls_++ == 0) own_shift_ = drawn;
    const size_t shift = fault_ == "counts" ? calls_++ : drawn + own_shift_;
    for (size_t pixel = fault_ == "unwritten" ? 1 : 0; pixel < out.size(); ++pixel)
      out[pixel] = image[(pixel + shift) % image.size()];
    if (fault_ == "prints") std::puts("an image");
    if (fault_ == "overruns") out.data()[out.size()] = 1;
    return fault_ == "third_label" ? 2 : static_cast<int32_t>(shift % 2);
  }

 private:
  std::string fault_;
  size_t calls_ = 0, own_shift_ = 0;
};

}  // namespace

TWOPASS_PLUGIN(BadPretext, "bad_pretext", "1", "Upside down or not, well or badly.")
