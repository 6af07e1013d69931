#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/instance.hpp"
#include "host/registry.hpp"

namespace twopass::test {

// The built plugin, loaded as the host does it; with its switches, if it has any.
inline host::Dataset open_dataset(const std::string& name, const std::vector<std::string>& roots,
                                  const std::map<std::string, bool>& switches = {}) {
  static host::Registry registry({PLUGIN_FOLDER});
  const std::vector<const char*> texts = abi::pointers(roots);
  std::vector<twopass_value> values(1);
  values[0].struct_size = sizeof(twopass_value);
  values[0].type = TWOPASS_TEXT_LIST;
  values[0].name = "roots";
  values[0].count = texts.size();
  values[0].texts = texts.data();
  for (const auto& [option, on] : switches) {
    twopass_value& value = values.emplace_back();
    value.struct_size = sizeof value;
    value.type = TWOPASS_BOOLEAN;
    value.name = option.c_str();
    value.integer = on ? 1 : 0;
  }
  return {registry.load(TWOPASS_DATASET, name),
          {sizeof(twopass_values), static_cast<uint32_t>(values.size()), values.data()}};
}

}  // namespace twopass::test
