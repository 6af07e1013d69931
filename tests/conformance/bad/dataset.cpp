// A dataset that is good, or breaks one rule: its option `fault` says which.

#include "twopass/dataset.hpp"

#include <array>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace {

using namespace twopass;

constexpr std::array<twopass_choice, 17> kFaults{{
    {"none", "behaves"},
    {"extremes", "cannot take the largest size"},
    {"hoards", "takes as much memory as its spare asks for"},
    {"silent", "does not say what is wrong with a negative spare"},
    {"untitled", "takes it that a title has a first letter"},
    {"long_title", "takes it that a title fits 80 bytes"},
    {"folder", "reads its folder when made"},
    {"blames", "blames an option that it does not have"},
    {"leaks", "never frees what it took"},
    {"opens", "opens a file when made"},
    {"describe", "gives its classes other names every second time"},
    {"label", "has a label of no class"},
    {"again", "loads other pixels each time"},
    {"pixels", "has pixels for half of its labels"},
    {"writes", "writes where it reads"},
    {"locale", "changes the locale when it loads"},
    {"missing", "calls missing data corrupt"},
}};

class BadDataset : public Dataset {
 public:
  static constexpr std::array<Option, 5> kOptions{
      choice("fault", "none", kFaults, "What is wrong with it."),
      integer("size", "3", "Pixels in a row.").at_least(2).at_most(5),
      integer("spare", "0", "Bytes of no use, as many as one likes."),
      text("title", "four images", "What to call it."),
      path("folder", "", "Where nothing is looked for."),
  };
  static std::span<const Option> options() { return kOptions; }

  BadDataset(const Values& values, const Host&)
      : fault_(values.choice("fault")), size_(values.integer("size")), roots_(values.texts("roots")) {
    const int64_t spare = values.integer("spare");
    const std::string title = values.text("title"), folder = values.path("folder");
    if (fault_ == "hoards" && spare > 0) std::vector<char>(size_t{3} << 30);
    if (fault_ == "silent" && spare < 0) throw Error("");
    if (fault_ == "untitled") static_cast<void>(title.at(0));
    if (fault_ == "long_title" && title.size() >= 80) std::abort();  // as a checked strcpy would
    if (fault_ == "folder" && !folder.empty()) std::filesystem::directory_iterator{folder};
    if (fault_ == "extremes" && size_ == 5) throw std::out_of_range("vector");
    if (fault_ == "blames" && size_ == 5) throw Error("too large", TWOPASS_INVALID_ARGUMENT, "height");
    if (fault_ == "leaks") taken_ = std::malloc(100);  // NOLINT: that is the fault
    if (fault_ == "opens") file_.reset(std::fopen("/dev/null", "r"));
  }

  DatasetInfo describe() override {
    if (fault_ == "describe" && ++described_ % 2 == 0) return {1, 2, size_, {"b", "a", "c"}};
    return {1, 2, size_, {"a", "b", "c"}};
  }

  Images load(Split) override {
    if (roots_.empty()) throw Error("no folder", fault_ == "missing" ? TWOPASS_CORRUPT : TWOPASS_NOT_FOUND);
    if (fault_ == "locale") std::setlocale(LC_ALL, "C.UTF-8");
    static uint8_t loads = 0;
    if (fault_ == "again") ++loads;
    Images images{std::vector<uint8_t>(static_cast<size_t>(4 * 2 * size_), loads), {0, 1, 2, 0}};
    if (fault_ == "label") images.labels[3] = 3;
    if (fault_ == "pixels") images.pixels.resize(images.pixels.size() / 2);
    if (fault_ == "writes") std::ofstream(roots_.front() + "/cache") << "four images";
    return images;
  }

 private:
  std::string fault_;
  int64_t size_;
  int described_ = 0;
  std::vector<std::string> roots_;
  void* taken_ = nullptr;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{nullptr, &std::fclose};
};

}  // namespace

TWOPASS_PLUGIN(BadDataset, "bad_dataset", "1", "Four images, good or bad.")
