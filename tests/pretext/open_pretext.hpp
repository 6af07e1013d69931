#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/instance.hpp"
#include "host/registry.hpp"
#include "support/error_of.hpp"

namespace twopass::test {

using Image = std::vector<uint8_t>;
using Map = std::vector<int32_t>;

inline twopass_value choice_value(const char* name, const char* chosen) {
  twopass_value value{};
  value.struct_size = sizeof value;
  value.type = TWOPASS_CHOICE;
  value.name = name;
  value.text = chosen;
  return value;
}

inline twopass_value integer_value(const char* name, int64_t integer) {
  twopass_value value{};
  value.struct_size = sizeof value;
  value.type = TWOPASS_INTEGER;
  value.name = name;
  value.integer = integer;
  return value;
}

// The built plugin, loaded as the host does it. `values` must hold all of the task's options.
inline host::Pretext open_pretext(const std::string& name, const std::vector<twopass_value>& values = {}) {
  static host::Registry registry({PLUGIN_FOLDER});
  return {registry.load(TWOPASS_PRETEXT, name),
          {sizeof(twopass_values), static_cast<uint32_t>(values.size()), values.data()}};
}

inline host::Pretext open_flip(const char* axes) {
  return open_pretext("flip", {choice_value("axes", axes)});
}

inline host::Pretext open_jigsaw(int64_t grid, int64_t permutations) {
  return open_pretext("jigsaw", {integer_value("grid", grid), integer_value("permutations", permutations)});
}

inline DatasetInfo images_of(int64_t channels, int64_t height, int64_t width) {
  return {channels, height, width, {"cat", "dog"}};
}

// What a backend's gather makes of one image.
inline Image rearrange(const Map& map, const Image& image) {
  Image moved;
  for (const int32_t source : map)
    moved.push_back(source < 0 ? uint8_t{0} : image.at(static_cast<size_t>(source)));
  return moved;
}

}  // namespace twopass::test
