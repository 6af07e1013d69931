#include "pickle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <unordered_map>

#include "files/dataset_files.hpp"
#include "pickle_opcodes.hpp"

namespace twopass::cifar10 {
namespace {

using Kind = Value::Kind;

// The names that numpy's arrays need; numpy 2 writes _core for core.
constexpr std::array<std::string_view, 7> kAllowedGlobals = {
    "numpy.ndarray",
    "numpy.dtype",
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct",
    "numpy.core.numeric._frombuffer",
    "numpy._core.numeric._frombuffer",
    "_codecs.encode",
};

// A batch has some 20,000 values. The limit keeps a made-up one from filling the memory.
constexpr size_t kMaximumValues = 1'000'000;

}  // namespace

class PickleReader {
 public:
  PickleReader(Pickle& pickle, const std::filesystem::path& file)
      : pickle_(pickle), bytes_(pickle.bytes_), file_(file) {}

  const Value* read() {
    if (bytes_.size() < 2 || bytes_[0] != kProto || bytes_[1] < 2 || bytes_[1] > 5)
      throw datasets::corrupt(file_, "a pickle of protocol 2 to 5", "another beginning");
    for (;;) {
      start_ = position_;
      const auto opcode = static_cast<uint8_t>(unsigned_number(1));
      if (opcode == kStop) break;
      execute(opcode);
    }
    if (position_ != bytes_.size()) fail("more after the end");
    if (stack_.size() != 1 || !marks_.empty()) fail("an end with values left over");
    return stack_.back();
  }

 private:
  [[noreturn]] void fail(const std::string& found) const {
    throw datasets::corrupt(file_, "a pickle of lists, texts and numpy arrays",
                            fmt::format("{} at byte {}", found, start_));
  }

  std::string_view take(uint64_t count) {
    if (count > bytes_.size() - position_) fail("a value that breaks off");
    const auto* first = reinterpret_cast<const char*>(bytes_.data()) + position_;
    position_ += count;
    return {first, count};
  }
  uint64_t unsigned_number(size_t size) {
    uint64_t number = 0;
    int shift = 0;
    for (const char byte : take(size)) {
      number |= uint64_t{static_cast<uint8_t>(byte)} << shift;
      shift += 8;
    }
    return number;
  }
  std::string_view line() {
    const std::string_view rest = {reinterpret_cast<const char*>(bytes_.data()) + position_,
                                   bytes_.size() - position_};
    const size_t size = rest.find('\n');
    if (size == std::string_view::npos) fail("a name that breaks off");
    return take(size + 1).substr(0, size);
  }

  Value& push(Kind kind) {
    if (pickle_.values_.size() == kMaximumValues) fail("more values than any batch has");
    Value& value = pickle_.values_.emplace_back();
    value.kind = kind;
    value.offset = start_;
    stack_.push_back(&value);
    return value;
  }
  // What lies above the last mark is out of reach for everything but those that take it all.
  Value& top() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) fail("an empty stack");
    return *stack_.back();
  }
  Value* pop() {
    Value* value = &top();
    stack_.pop_back();
    return value;
  }
  Value& top(Kind kind, const char* what) {
    if (top().kind != kind) fail(fmt::format("an opcode for {} and something else", what));
    return top();
  }
  std::vector<const Value*> pop_last(size_t count) {
    std::vector<const Value*> items(count);
    for (size_t index = count; index > 0; --index) items[index - 1] = pop();
    return items;
  }
  std::vector<const Value*> pop_to_mark() {
    if (marks_.empty()) fail("an opcode for values after a mark and no mark");
    std::vector<const Value*> items = pop_last(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }
  void add(Kind kind, const char* what, const std::vector<const Value*>& items) {
    if (kind == Kind::kDictionary && items.size() % 2 != 0) fail("a key without a value");
    std::vector<const Value*>& all = top(kind, what).items;
    all.insert(all.end(), items.begin(), items.end());
  }

  void remember(uint64_t place) { memo_[place] = &top(); }
  void recall(uint64_t place) {
    const auto found = memo_.find(place);
    if (found == memo_.end()) fail("a reference to nothing");
    stack_.push_back(found->second);
  }

  void push_global(std::string_view module, std::string_view name) {
    const std::string full = fmt::format("{}.{}", module, name);
    const auto* allowed = std::ranges::find(kAllowedGlobals, full);
    if (allowed == kAllowedGlobals.end()) fail(fmt::format("the forbidden name '{:.60}'", full));
    push(Kind::kGlobal).text = *allowed;
  }
  void push_stack_global() {
    const Value* name = pop();
    const Value* module = pop();
    if (name->kind != Kind::kText || module->kind != Kind::kText) fail("a name that is no text");
    push_global(module->text, name->text);
  }
  void push_call() {
    const Value* arguments = pop();
    const Value* callable = pop();
    if (callable->kind != Kind::kGlobal || arguments->kind != Kind::kTuple)
      fail("a call of something that is no name");
    Value& call = push(Kind::kCall);
    call.items = {callable, arguments};
  }
  void set_state() {
    const Value* state = pop();
    top(Kind::kCall, "an object's state").state = state;
  }

  void execute(uint8_t opcode) {
    switch (opcode) {
      case kProto:
        take(1);
        return;
      case kFrame:
        take(8);
        return;  // how long the next part is: of no use when all is in memory
      case kMark:
        marks_.push_back(stack_.size());
        return;

      case kNone:
        push(Kind::kNone);
        return;
      case kNewTrue:
        push(Kind::kBoolean).integer = 1;
        return;
      case kNewFalse:
        push(Kind::kBoolean);
        return;
      case kBinInt:
        push(Kind::kInteger).integer = static_cast<int32_t>(unsigned_number(4));
        return;
      case kBinInt1:
        push(Kind::kInteger).integer = static_cast<int64_t>(unsigned_number(1));
        return;
      case kBinInt2:
        push(Kind::kInteger).integer = static_cast<int64_t>(unsigned_number(2));
        return;

      case kShortBinString:
      case kShortBinBytes:
        push(Kind::kBytes).text = take(unsigned_number(1));
        return;
      case kBinString:
      case kBinBytes:
        push(Kind::kBytes).text = take(unsigned_number(4));
        return;
      case kBinBytes8:
      case kByteArray8:
        push(Kind::kBytes).text = take(unsigned_number(8));
        return;
      case kShortBinUnicode:
        push(Kind::kText).text = take(unsigned_number(1));
        return;
      case kBinUnicode:
        push(Kind::kText).text = take(unsigned_number(4));
        return;
      case kBinUnicode8:
        push(Kind::kText).text = take(unsigned_number(8));
        return;

      case kEmptyTuple:
        push(Kind::kTuple);
        return;
      case kTuple1:
        return push_tuple(pop_last(1));
      case kTuple2:
        return push_tuple(pop_last(2));
      case kTuple3:
        return push_tuple(pop_last(3));
      case kTuple:
        return push_tuple(pop_to_mark());
      case kEmptyList:
        push(Kind::kList);
        return;
      case kAppend:
        return add(Kind::kList, "a list", pop_last(1));
      case kAppends:
        return add(Kind::kList, "a list", pop_to_mark());
      case kEmptyDict:
        push(Kind::kDictionary);
        return;
      case kSetItem:
        return add(Kind::kDictionary, "a dictionary", pop_last(2));
      case kSetItems:
        return add(Kind::kDictionary, "a dictionary", pop_to_mark());

      case kBinPut:
        return remember(unsigned_number(1));
      case kLongBinPut:
        return remember(unsigned_number(4));
      case kMemoize:
        return remember(memo_.size());
      case kBinGet:
        return recall(unsigned_number(1));
      case kLongBinGet:
        return recall(unsigned_number(4));

      case kGlobal: {
        const std::string_view module = line();
        return push_global(module, line());
      }
      case kStackGlobal:
        return push_stack_global();
      case kReduce:
        return push_call();
      case kBuild:
        return set_state();
      default:
        fail(fmt::format("the forbidden opcode 0x{:02x}", opcode));
    }
  }
  void push_tuple(std::vector<const Value*> items) { push(Kind::kTuple).items = std::move(items); }

  Pickle& pickle_;
  std::span<const uint8_t> bytes_;
  const std::filesystem::path& file_;
  size_t position_ = 0, start_ = 0;
  std::vector<Value*> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, Value*> memo_;
};

Pickle::Pickle(const std::filesystem::path& file) : bytes_(datasets::read_file(file)) {
  root_ = PickleReader(*this, file).read();
}

const Value* Value::find(std::string_view key) const {
  if (kind != Kind::kDictionary) return nullptr;
  for (size_t index = 0; index + 1 < items.size(); index += 2) {
    const Value& candidate = *items[index];
    const bool is_name = candidate.kind == Kind::kBytes || candidate.kind == Kind::kText;
    if (is_name && candidate.text == key) return items[index + 1];
  }
  return nullptr;
}

}  // namespace twopass::cifar10
