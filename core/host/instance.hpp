#pragma once

// Plugin instances as the rest of the core uses them: created, called and destroyed through the C tables.
// Failures arrive as twopass::Error whose text begins with the plugin's kind and name.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/registry.hpp"
#include "twopass/abi.h"
#include "twopass/dataset.hpp"
#include "twopass/pretext.hpp"

namespace twopass::host {

// Receives what plugins log.
using LogSink = void (*)(uint32_t level, const std::string& text);
void set_log_sink(LogSink sink);

// Owns one instance of a plugin of any kind.
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

 private:
  const Plugin* plugin_;
  std::unique_ptr<void, void (*)(void*)> self_;
};

// What a dataset loaded; the memory is the plugin's and lives as long as the Dataset.
struct ImageSet {
  int64_t count = 0;
  std::span<const uint8_t> pixels;
  std::span<const int32_t> labels;
};

class Dataset {
 public:
  Dataset(const Plugin& plugin, const twopass_values& values) : instance_(plugin, values) {}
  DatasetInfo describe() const;
  // Checks what the plugin delivers: counts against the shape, labels against the classes.
  ImageSet load(Split split) const;

 private:
  Instance instance_;
};

class Pretext {
 public:
  Pretext(const Plugin& plugin, const twopass_values& values) : instance_(plugin, values) {}
  // Checks that maps stay within the image.
  Task negotiate(const DatasetInfo& dataset) const;
  int32_t transform(const uint8_t* image, int32_t label, uint64_t key, uint8_t* out) const;

 private:
  Instance instance_;
};

template <class Function, class... Arguments>
void Instance::call(Function function, Arguments... arguments) const {
  try {
    abi::call(function, self_.get(), arguments...);
  } catch (const Error& e) {
    throw Error(std::string(kind_name(plugin_->table->kind)) + " '" + plugin_->table->name + "': " + e.what(),
                e.status(), e.option());
  }
}

}  // namespace twopass::host
