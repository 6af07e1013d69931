// A dataset that lies; its option `fault` says about what.

#include <array>

#include "twopass/dataset.hpp"

namespace {

using namespace twopass;

constexpr std::array<twopass_choice, 4> kFaults{{
    {"shape", "describes images of height 0"},
    {"pixels", "loads an image too few"},
    {"labels", "has a label of a class that there is not"},
    {"nothing", "loads labels alone"},
}};

class CrookedImages : public Dataset {
 public:
  static constexpr std::array<Option, 1> kOptions{
      choice("fault", "shape", kFaults, "What is wrong with it.")};
  static std::span<const Option> options() { return kOptions; }

  CrookedImages(const Values& values, const Host&) : fault_(values.choice("fault")) {}

  DatasetInfo describe() override {
    return {1, fault_ == "shape" ? 0 : 28, 28, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}};
  }

  Images load(Split split) override {
    constexpr size_t kCount = 500, kPixels = size_t{28} * 28;
    Images images{std::vector<uint8_t>(kCount * kPixels), std::vector<int32_t>(kCount)};
    if (fault_ == "pixels") images.pixels.resize((kCount - 1) * kPixels);
    if (fault_ == "nothing") images.pixels = {};
    if (fault_ == "labels" && split == Split::kTest) images.labels[7] = 10;
    return images;
  }

 private:
  std::string fault_;
};

}  // namespace

TWOPASS_PLUGIN(CrookedImages, "crooked_images", "1.0.0", "A dataset that lies.")
