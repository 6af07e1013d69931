// Images from folders of PNG files: ROOT/FOLDER/train/CLASS/*.png and ROOT/FOLDER/test/CLASS/*.png, where
// ROOT is any of the folders that twopass looks for data in. The classes are the subfolders of `train` by
// name; the images of a class are read by name too, so that every machine sees the same order.

#include <png.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "twopass/dataset.hpp"

namespace {

using namespace twopass;
namespace fs = std::filesystem;

constexpr std::array<twopass_choice, 2> kColours{{
    {"grey", "one channel"},
    {"rgb", "three channels"},
}};
constexpr std::array kOptions = {
    text("folder", "images",
         "Folder with train/CLASS/*.png and test/CLASS/*.png, below one of the data roots."),
    choice("colour", "grey", kColours, "What the pixels are converted to."),
};

// A PNG file through libpng's simplified interface, which converts palettes, 16 bits and transparency.
class PngFile {
 public:
  explicit PngFile(const fs::path& file) : file_(file) {
    image_.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_file(&image_, file.c_str()) == 0) fail();
  }
  PngFile(const PngFile&) = delete;
  PngFile& operator=(const PngFile&) = delete;
  ~PngFile() { png_image_free(&image_); }

  int64_t height() const { return image_.height; }
  int64_t width() const { return image_.width; }

  // Appends [channels, height, width] to `out`.
  void read(int64_t channels, std::vector<uint8_t>& out) {
    image_.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
    std::vector<uint8_t> rows(PNG_IMAGE_SIZE(image_));
    const png_color black{0, 0, 0};
    if (png_image_finish_read(&image_, &black, rows.data(), 0, nullptr) == 0) fail();
    for (size_t channel = 0; channel < static_cast<size_t>(channels); ++channel)
      for (size_t place = channel; place < rows.size(); place += static_cast<size_t>(channels))
        out.push_back(rows[place]);
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(file_.string() + " cannot be read: " + image_.message, TWOPASS_CORRUPT);
  }

  fs::path file_;
  png_image image_{};
};

// What a folder holds, by name: its subfolders, or its PNG files.
std::vector<fs::path> entries(const fs::path& folder, bool folders) {
  std::vector<fs::path> found;
  std::error_code missing;  // a class may have no test images
  for (const auto& entry : fs::directory_iterator(folder, missing))
    if (folders ? entry.is_directory() : entry.path().extension() == ".png") found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

class PngFolder : public Dataset {
 public:
  static std::span<const Option> options() { return kOptions; }

  // Opens nothing: describe and load do.
  PngFolder(const Values& values, const Host&)
      : roots_(values.texts("roots")),
        folder_(values.text("folder")),
        channels_(values.choice_index("colour", kColours) == 0 ? 1 : 3) {}

  // The shape is that of the first image, of which only the header is read.
  DatasetInfo describe() override {
    DatasetInfo info{channels_, 0, 0, {}};
    for (const fs::path& folder : entries(place() / "train", true)) {
      info.class_names.push_back(folder.filename());
      const std::vector<fs::path> files = entries(folder, false);
      if (info.height != 0 || files.empty()) continue;
      const PngFile first(files.front());
      info.height = first.height();
      info.width = first.width();
    }
    if (info.height == 0)
      throw Error((place() / "train").string() + " has no CLASS/*.png", TWOPASS_NOT_FOUND, "folder");
    return info;
  }

  Images load(Split split) override {
    const DatasetInfo info = describe();
    const fs::path folder = place() / (split == Split::kTrain ? "train" : "test");
    Images images;
    for (size_t label = 0; label < info.class_names.size(); ++label)
      for (const fs::path& path : entries(folder / info.class_names[label], false)) {
        PngFile file(path);
        if (file.height() != info.height || file.width() != info.width)
          throw Error(path.string() + " has " + std::to_string(file.height()) + "x" +
                          std::to_string(file.width()) + " pixels where the first image has " +
                          std::to_string(info.height) + "x" + std::to_string(info.width) +
                          "; all must have the same size",
                      TWOPASS_CORRUPT);
        file.read(channels_, images.pixels);
        images.labels.push_back(static_cast<int32_t>(label));
      }
    if (images.labels.empty())
      throw Error(folder.string() + " has no CLASS/*.png", TWOPASS_NOT_FOUND, "folder");
    return images;
  }

 private:
  fs::path place() const {
    std::string looked_in;
    for (const std::string& root : roots_) {
      if (fs::is_directory(fs::path(root) / folder_)) return fs::path(root) / folder_;
      looked_in += " " + root;
    }
    throw Error("there is no folder '" + folder_ + "' in any of:" + looked_in +
                    "; name the one that holds train/CLASS/*.png",
                TWOPASS_NOT_FOUND, "folder");
  }

  std::vector<std::string> roots_;
  std::string folder_;
  int64_t channels_;
};

}  // namespace

TWOPASS_PLUGIN(PngFolder, "png_folder", "1.0.0", "PNG files in a folder for each class.")
