#pragma once

#include <string>
#include <vector>

#include "pipeline/document.hpp"

namespace twopass::pipeline {

// A value and the dotted path that it replaces, word by word.
struct Setting {
  struct Key {
    std::string name;
    Position position;
  };
  std::vector<Key> keys;
  YamlNode value;
};

// The words of a dotted path that fills `position`; none when it is no such path.
std::vector<Setting::Key> split_key(const std::string& path, const Position& position);

// Applies one setting as apply_overrides() does.
void apply_setting(YamlNode& root, Setting setting, Diagnostics& diagnostics);

// Takes a key out of the document, if it is there.
void remove_key(YamlNode& root, const std::vector<Setting::Key>& keys);

// Applies `key=value` settings of the command line to a pipeline's document, in their order. The key is a
// dotted path ("trainer.learning_rate"), the value YAML ("[500, 500]"). What a setting names is replaced as a
// whole: `pretext=jigsaw` drops the old task's options with it, `trainer.plugin=bp` keeps its neighbours.
// `dataset.train_size=100` turns the short form `dataset: mnist` into a mapping first. Reports settings that
// cannot be applied; whether keys and values are right is checked later, together with the file's.
void apply_overrides(YamlNode& root, const std::vector<std::string>& overrides, Diagnostics& diagnostics);

}  // namespace twopass::pipeline
