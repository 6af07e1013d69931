#include "conformance/check.hpp"

#include <array>
#include <iterator>

namespace twopass::conformance {

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
      return "pass";
    case Outcome::kWarn:
      return "warn";
    case Outcome::kSkip:
      return "skip";
    case Outcome::kFail:
      return "fail";
    case Outcome::kCrash:
      return "crash";
  }
  return "unknown";
}

std::string_view status_name(int32_t status) {
  constexpr std::array<std::string_view, 10> kNames{
      "OK",          "INVALID_ARGUMENT", "NOT_FOUND", "CORRUPT", "UNSUPPORTED",
      "UNAVAILABLE", "OUT_OF_MEMORY",    "INTERNAL",  "IO",      "FAILED"};
  const auto place = static_cast<size_t>(status);
  return place < kNames.size() ? kNames[place] : "of no name";
}

std::vector<Check> checks_for(twopass_kind kind) {
  std::vector<Check> all = library_checks();
  const auto add = [&](std::vector<Check> more) {
    all.insert(all.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
  };
  add(option_checks());
  add(life_checks());
  switch (kind) {
    case TWOPASS_DATASET:
      add(dataset_checks());
      break;
    case TWOPASS_PRETEXT:
      add(pretext_checks());
      break;
    case TWOPASS_TRAINER:
      add(trainer_checks());
      break;
    case TWOPASS_BACKEND:
      add(backend_checks());
      break;
  }
  add(use_checks());
  return all;
}

}  // namespace twopass::conformance
