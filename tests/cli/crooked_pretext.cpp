// A pretext task that lies; its option `fault` says about what.

#include <array>
#include <numeric>

#include "twopass/pretext.hpp"

namespace {

using namespace twopass;

constexpr std::array<twopass_choice, 6> kFaults{{
    {"shape", "describes images of width 0"},
    {"size", "makes images of half the height"},
    {"classes", "has one class alone"},
    {"maps", "takes a pixel from beyond the image"},
    {"map_size", "has a map of a pixel too few"},
    {"label", "gives an image the label of a class that there is not"},
}};

class CrookedPretext : public Pretext {
 public:
  static constexpr std::array<Option, 1> kOptions{
      choice("fault", "shape", kFaults, "What is wrong with it.")};
  static std::span<const Option> options() { return kOptions; }

  CrookedPretext(const Values& values, const Host&) : fault_(values.choice("fault")) {}

  Task negotiate(const DatasetInfo& images) override {
    Task task{images.channels, images.height, images.width, {"one", "two"}, TWOPASS_LABEL_IS_MAP, {}};
    if (fault_ == "shape") task.width = 0;
    if (fault_ == "size") task.height /= 2;
    if (fault_ == "classes") task.class_names.pop_back();
    if (fault_ == "maps" || fault_ == "map_size") {
      std::vector<int32_t> map(static_cast<size_t>(images.channels * images.height * images.width));
      std::iota(map.begin(), map.end(), 0);
      task.maps = {map, map};
      if (fault_ == "maps") task.maps[1].back() += 1;
      if (fault_ == "map_size") task.maps[1].pop_back();
    }
    return task;
  }

  int32_t transform(std::span<const uint8_t>, int32_t, Random&, std::span<uint8_t>) override { return 2; }

 private:
  std::string fault_;
};

}  // namespace

TWOPASS_PLUGIN(CrookedPretext, "crooked_pretext", "1.0.0", "A pretext task that lies.")
