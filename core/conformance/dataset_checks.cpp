// Datasets. Without the data at hand most of it is skipped.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "conformance/check.hpp"
#include "pipeline/sections.hpp"
#include "twopass/error.hpp"

namespace twopass::conformance {
namespace {

bool is_missing(const Error& error) { return error.status() == TWOPASS_NOT_FOUND; }

// body(dataset); where the data are not there, that is the verdict.
template <class Body>
Verdict with_data(Subject& subject, const Body& body) {
  const host::Dataset dataset(subject.plugin(), subject.values().values());
  try {
    return body(dataset);
  } catch (const Error& e) {
    if (is_missing(e)) return skip(e.what());
    throw;
  }
}

Verdict describes_itself(Subject& subject) {
  return with_data(subject, [](const host::Dataset& dataset) {
    const DatasetInfo info = dataset.describe(), again = dataset.describe();
    if (info.channels != again.channels || info.height != again.height || info.width != again.width ||
        info.class_names != again.class_names)
      return fail("it describes itself in another way the second time");
    if (std::set(info.class_names.begin(), info.class_names.end()).size() != info.class_names.size())
      return fail("two of its classes have the same name");
    return pass(
        fmt::format("{}x{}x{}, {} classes", info.channels, info.height, info.width, info.class_names.size()));
  });
}

Verdict delivers_what_it_describes(Subject& subject) {
  return with_data(subject, [](const host::Dataset& dataset) {
    const DatasetInfo before = dataset.describe();
    const host::ImageSet train = dataset.load(Split::kTrain);  // checks counts and labels
    const std::set<int32_t> seen(train.labels.begin(), train.labels.end());
    const int64_t test = dataset.load(Split::kTest).count;
    const DatasetInfo after = dataset.describe();
    if (before.channels != after.channels || before.height != after.height || before.width != after.width)
      return fail("its image shape is another one once it was loaded");
    if (seen.size() != after.class_names.size())
      return warn(fmt::format("only {} of its {} classes have training images", seen.size(),
                              after.class_names.size()));
    return pass(fmt::format("{} training and {} test images", train.count, test));
  });
}

Verdict delivers_it_again(Subject& subject) {
  return with_data(subject, [&](const host::Dataset& dataset) {
    const host::Dataset other(subject.plugin(), subject.values().values());
    for (const Split split : {Split::kTest, Split::kTrain}) {
      const host::ImageSet set = dataset.load(split);
      const std::vector<uint8_t> pixels(set.pixels.begin(), set.pixels.end());
      const std::vector<int32_t> labels(set.labels.begin(), set.labels.end());
      for (const host::Dataset* again : {&dataset, &other}) {
        const host::ImageSet second = again->load(split);
        if (!std::ranges::equal(second.pixels, pixels) || !std::ranges::equal(second.labels, labels))
          return fail(fmt::format("its {} split has other images or labels when {}",
                                  split == Split::kTrain ? "train" : "test",
                                  again == &dataset ? "loaded twice" : "another instance loads it"));
      }
    }
    return pass();
  });
}

// Size and time of every file below the folders that it looks in.
std::map<std::string, std::pair<uintmax_t, std::filesystem::file_time_type>> files_below(
    const std::vector<std::string>& folders) {
  namespace fs = std::filesystem;
  std::map<std::string, std::pair<uintmax_t, fs::file_time_type>> files;
  std::error_code error;
  for (const std::string& folder : folders)
    for (fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error))
      if (entry->is_regular_file(error))
        files[entry->path()] = {entry->file_size(error), entry->last_write_time(error)};
  return files;
}

Verdict writes_nothing(Subject& subject) {
  std::vector<std::string> folders;
  for (const pipeline::OptionValue& value : subject.values().list())
    if (value.name == pipeline::kRoots) folders = value.texts;
  const auto before = files_below(folders);
  Verdict verdict = with_data(subject, [](const host::Dataset& dataset) {
    for (const Split split : {Split::kTrain, Split::kTest}) dataset.load(split);
    return pass();
  });
  for (const auto& [file, state] : files_below(folders)) {
    const auto known = before.find(file);
    if (known == before.end() || known->second != state)
      return fail(
          fmt::format("loading wrote {}: data are read only, and many runs may read them at once", file));
  }
  return verdict;
}

Verdict says_what_is_missing(Subject& subject) {
  std::vector<pipeline::OptionValue> values = subject.values().list();
  for (pipeline::OptionValue& value : values)
    if (value.name == pipeline::kRoots) value.texts.clear();
  const pipeline::OptionValues nowhere(values);
  const host::Dataset dataset(subject.plugin(), nowhere.values());
  try {
    static_cast<void>(dataset.load(Split::kTest));
    return pass("it needs no files");
  } catch (const Error& e) {
    if (is_missing(e)) return pass(e.what());
    return fail(fmt::format("without a folder to look in it fails with status {} instead of NOT_FOUND: {}",
                            status_name(e.status()), e.what()));
  }
}

}  // namespace

std::vector<Check> dataset_checks() {
  return {
      {"dataset.describe", "shape and classes are possible and do not change", describes_itself},
      {"dataset.missing", "where its data are missing it says so", says_what_is_missing},
      {"dataset.images", "both splits have the shape and the labels that it describes",
       delivers_what_it_describes, true},
      {"dataset.again", "loading gives the same images each time", delivers_it_again},
      {"dataset.untouched", "loading leaves the folders of the data as they are", writes_nothing},
  };
}

}  // namespace twopass::conformance
