#pragma once

#include <string>
#include <vector>

#include "files/dataset_files.hpp"
#include "twopass/dataset.hpp"

namespace twopass::idx {

// What tells one dataset in MNIST's format from another.
struct IdxCollection {
  std::string title;                 // as its publisher spells it
  std::vector<std::string> folders;  // where its files may lie below a root, best first
  std::string how_to_get;            // ends the message when they do not
  std::vector<std::string> class_names;
};

// A dataset in MNIST's four files: 28x28 grey images and their labels, 0 to 9, each file plain or as .gz. How
// many images there are is up to the files, so that a small excerpt is a dataset, too.
class IdxDataset : public Dataset {
 public:
  // `roots`: the folders to look in, best first.
  IdxDataset(IdxCollection collection, std::vector<std::string> roots);

  DatasetInfo describe() override;
  Images load(Split split) override;

 private:
  IdxCollection collection_;
  datasets::Places places_;
};

}  // namespace twopass::idx
