#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string_view>
#include <vector>

namespace twopass::cifar10 {

// A value of a pickle. Calls are kept as what they are, a name with arguments, and never made.
struct Value {
  enum class Kind { kNone, kBoolean, kInteger, kBytes, kText, kList, kTuple, kDictionary, kGlobal, kCall };
  Kind kind = Kind::kNone;
  uint64_t offset = 0;                // in the file, of the opcode that made it
  int64_t integer = 0;                // of a boolean: 0 or 1
  std::string_view text{};            // bytes; text as UTF-8; "module.name" of a global
  std::vector<const Value*> items{};  // a dictionary's keys and values in turn; a call's global and arguments
  const Value* state = nullptr;       // of a call: what is set on its result

  // The value of a dictionary's key, be it bytes (as Python 2 wrote it) or text; null when there is none.
  const Value* find(std::string_view key) const;
};

// Reads a pickle of protocol 2 to 5 without executing anything: it knows the opcodes that build plain data
// and numpy arrays and a handful of names, and refuses all others.
class Pickle {
 public:
  // Throws Error: TWOPASS_NOT_FOUND when the file cannot be read; TWOPASS_CORRUPT, naming the byte, when it
  // is no pickle, breaks off, or has an opcode or a name that plain arrays never need.
  explicit Pickle(const std::filesystem::path& file);

  const Value& root() const { return *root_; }

 private:
  friend class PickleReader;
  std::vector<uint8_t> bytes_;
  std::deque<Value> values_;  // its elements never move
  const Value* root_ = nullptr;
};

}  // namespace twopass::cifar10
