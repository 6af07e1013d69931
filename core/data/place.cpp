#include "data/place.hpp"

#include "data/contents.hpp"

namespace twopass::data {
namespace fs = std::filesystem;
namespace {

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

Place look_into(const fs::path& folder, const std::vector<File>& files, Packing packing) {
  Place place{folder, {}, {}};
  for (const File& file : files) {
    if (const std::optional<fs::path> path = file_to_read(folder, file, packing))
      place.found.push_back({file, *path});
    else if (!file.optional)
      place.missing.push_back(file.name);
  }
  return place;
}

// MNIST's and Fashion-MNIST's files have the same names. The smallest tells which they are.
bool holds_another(const Place& place, const Dataset& dataset) {
  const FoundFile& smallest = place.found.back();
  for (const Dataset& other : catalogue())
    for (const Archive& archive : other.archives)
      for (const File& file : archive.files)
        if (other.name != dataset.name && file.name == smallest.file.name && !compare(smallest.path, file))
          return true;
  return false;
}

std::vector<std::vector<File>> forms(const Dataset& dataset) {
  std::vector<File> published;
  for (const Archive& archive : dataset.archives)
    published.insert(published.end(), archive.files.begin(), archive.files.end());
  return {dataset.other_form, published};
}

}  // namespace

std::optional<fs::path> file_to_read(const fs::path& folder, const File& file, Packing packing) {
  if (fs::path plain = folder / file.name; is_file(plain)) return plain;
  if (fs::path packed = folder / (file.name + ".gz"); packing == Packing::kGzip && is_file(packed))
    return packed;
  return std::nullopt;
}

std::optional<Place> find(const Dataset& dataset, const std::vector<std::string>& roots) {
  std::optional<Place> partial;
  for (const fs::path root : roots)
    for (const std::string& below : dataset.folders)
      for (const std::vector<File>& files : forms(dataset)) {
        Place place = look_into(below == "." ? root : root / below, files, dataset.packing);
        if (place.found.empty() || holds_another(place, dataset)) continue;
        if (place.missing.empty()) return place;
        if (!partial) partial = std::move(place);
      }
  return partial;
}

}  // namespace twopass::data
