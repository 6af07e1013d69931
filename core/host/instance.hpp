#pragma once

// Plugin instances as the rest of the core uses them: created, called and destroyed through the C tables.
// Failures arrive as twopass::Error whose text begins with the plugin's kind and name.

#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/at_work.hpp"
#include "host/log.hpp"
#include "host/registry.hpp"
#include "twopass/abi.h"
#include "twopass/dataset.hpp"
#include "twopass/pretext.hpp"

namespace twopass::host {

// Owns one instance of a plugin of any kind. What it logs begins with the plugin's kind and name.
class Instance {
 public:
  Instance(const Plugin& plugin, const twopass_values& values);
  const Plugin& plugin() const { return *plugin_; }
  void* self() const { return self_.get(); }
  template <class Api>
  const Api& api() const {
    return *static_cast<const Api*>(plugin_->table->api);
  }
  // Calls a function of the plugin's table, `error` last; throws with the plugin's name in front.
  template <class Function, class... Arguments>
  void call(Function function, Arguments... arguments) const;
  // Throws Error with the plugin's name in front.
  [[noreturn]] void fail(const std::string& text, twopass_status status = TWOPASS_INTERNAL,
                         const std::string& option = {}) const;

 private:
  template <class Body>
  void guard(Body&& body) const;

  const Plugin* plugin_;
  std::unique_ptr<const twopass_host> services_;  // the instance keeps a pointer to it
  std::unique_ptr<void, void (*)(void*)> self_;
};

// What a dataset loaded; the memory is the plugin's and lives until the split is loaded again or the Dataset
// ends.
struct ImageSet {
  int64_t count = 0;
  std::span<const uint8_t> pixels;
  std::span<const int32_t> labels;
};

class Dataset {
 public:
  Dataset(const Plugin& plugin, const twopass_values& values) : instance_(plugin, values) {}
  // Checks that shape and classes are possible. A dataset without class names gets "0", "1", ...
  DatasetInfo describe() const;
  // Checks what the plugin delivers: counts against the shape, labels against the classes.
  ImageSet load(Split split) const;

 private:
  Instance instance_;
};

class Pretext {
 public:
  Pretext(const Plugin& plugin, const twopass_values& values) : instance_(plugin, values) {}
  // Checks shape and classes, and that maps stay within the dataset's image.
  Task negotiate(const DatasetInfo& dataset);
  // After negotiate: `image` has the dataset's shape, `out` the task's. Returns the label, checked against
  // the classes.
  int32_t transform(const uint8_t* image, int32_t label, uint64_t key, uint8_t* out) const;

 private:
  Instance instance_;
  int32_t class_count_ = 0;
};

template <class Body>
void Instance::guard(Body&& body) const {
  const AtWork at_work(*plugin_);
  try {
    body();
  } catch (const Error& e) {
    fail(e.what(), e.status(), e.option());
  } catch (const std::exception& e) {
    fail(std::string("an exception left the plugin, which is a bug in it: ") + e.what());
  } catch (...) {
    fail("an exception of unknown type left the plugin, which is a bug in it");
  }
}

template <class Function, class... Arguments>
void Instance::call(Function function, Arguments... arguments) const {
  guard([&] { abi::call(function, self_.get(), arguments...); });
}

}  // namespace twopass::host
