// Prints the JSON Schema; or, given files, "valid" or "invalid" for each, as the loader judges it.
#include <iostream>
#include <nlohmann/json.hpp>

#include "host/registry.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/schema.hpp"

namespace {

bool is_valid(const char* file, twopass::host::Registry& registry) {
  try {
    twopass::pipeline::load(file, {}, registry);
    return true;
  } catch (const twopass::pipeline::InvalidPipeline&) {
    return false;
  }
}

}  // namespace

int main(int count, char** arguments) {
  twopass::host::Registry registry({TEST_PLUGINS});
  if (count == 1) std::cout << twopass::pipeline::schema(registry).dump(2) << "\n";
  for (int index = 1; index < count; ++index)
    std::cout << (is_valid(arguments[index], registry) ? "valid" : "invalid") << "\n";
}
