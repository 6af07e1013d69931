#pragma once

#include <string>
#include <vector>

#include "host/instance.hpp"
#include "host/registry.hpp"

namespace twopass::test {

// The built plugin, loaded as the host does it.
inline host::Dataset open_dataset(const std::string& name, const std::vector<std::string>& roots) {
  static host::Registry registry({PLUGIN_FOLDER});
  const std::vector<const char*> texts = abi::pointers(roots);
  twopass_value value{};
  value.struct_size = sizeof value;
  value.type = TWOPASS_TEXT_LIST;
  value.name = "roots";
  value.count = texts.size();
  value.texts = texts.data();
  return {registry.load(TWOPASS_DATASET, name), {sizeof(twopass_values), 1, &value}};
}

}  // namespace twopass::test
