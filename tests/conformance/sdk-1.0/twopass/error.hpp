#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "twopass/abi.h"

namespace twopass {

// The one exception of the SDK. Its text is a sentence that says what is wrong, where, and what to do.
// `option` names the option at fault, if one is; the host turns it into a line and column of the pipeline.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& text, twopass_status status = TWOPASS_INVALID_ARGUMENT,
                 std::string option = {})
      : std::runtime_error(text), status_(status), option_(std::move(option)) {}

  twopass_status status() const { return status_; }
  const std::string& option() const { return option_; }

 private:
  twopass_status status_;
  std::string option_;
};

namespace abi {

template <size_t N>
void copy_text(char (&target)[N], std::string_view text) {
  target[text.copy(target, N - 1)] = '\0';
}

inline int32_t fill(twopass_error* error, int32_t status, std::string_view text,
                    std::string_view option = {}) noexcept {
  if (error != nullptr) {
    copy_text(error->text, text);
    copy_text(error->option, option);
  }
  return status;
}

// Runs the body of an ABI function: whatever it throws becomes a status and a text.
template <class Body>
int32_t guard(twopass_error* error, Body&& body) noexcept {
  try {
    body();
    return TWOPASS_OK;
  } catch (const Error& e) {
    return fill(error, e.status(), e.what(), e.option());
  } catch (const std::bad_alloc&) {
    return fill(error, TWOPASS_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& e) {
    return fill(error, TWOPASS_INTERNAL, e.what());
  } catch (...) {
    return fill(error, TWOPASS_INTERNAL, "an exception of unknown type");
  }
}

// Calls an ABI function that takes an error as its last argument; throws what it reports.
template <class Function, class... Arguments>
void call(Function function, Arguments... arguments) {
  twopass_error error{};
  error.struct_size = sizeof error;
  const int32_t status = function(arguments..., &error);
  if (status == TWOPASS_OK) return;
  error.text[sizeof error.text - 1] = '\0';
  error.option[sizeof error.option - 1] = '\0';
  const bool silent = error.text[0] == '\0';
  throw Error(
      silent ? "failed with status " + std::to_string(status) + " and no text, which is a bug in the plugin"
             : std::string(error.text),
      static_cast<twopass_status>(status), error.option);
}

// Element `index` of an array whose stride is its first element's struct_size (see the rules in abi.h).
template <class Struct>
const Struct& at(const Struct* array, size_t index) {
  return *reinterpret_cast<const Struct*>(reinterpret_cast<const char*>(array) + index * array->struct_size);
}

// A struct of the ABI at this side's size, whatever size its author's compiler saw: fields past that are
// zero.
template <class Struct>
Struct copy(const Struct& source) {
  static_assert(std::is_trivially_copyable_v<Struct>);
  Struct result{};
  std::memcpy(&result, &source, std::min<size_t>(source.struct_size, sizeof result));
  result.struct_size = sizeof result;
  return result;
}

// Fills a struct that the other side made, as far as it goes; it keeps its size.
template <class Struct>
void copy_to(Struct* target, const Struct& source) {
  static_assert(std::is_trivially_copyable_v<Struct>);
  const uint32_t size = target->struct_size;
  std::memcpy(target, &source, std::min<size_t>(size, sizeof source));
  target->struct_size = size;
}

// The function in a slot of a table; null when it is empty or its table ends before it, as an older plugin's
// does. A slot that came after ABI 1.0 is called through this only.
template <class Table, class Function>
Function slot(const Table& table, Function Table::*member) {
  const auto first = reinterpret_cast<const char*>(&(table.*member)) - reinterpret_cast<const char*>(&table);
  const bool there = static_cast<size_t>(first) + sizeof(Function) <= table.struct_size;
  return there ? table.*member : nullptr;
}

}  // namespace abi
}  // namespace twopass
