#pragma once

#include <string>

#include "twopass/error.hpp"

namespace twopass::test {

// What the Error that `body` throws says; its status in `status` if wanted.
template <class Body>
std::string error_of(Body&& body, twopass_status* status = nullptr) {
  try {
    body();
  } catch (const Error& e) {
    if (status != nullptr) *status = e.status();
    return e.what();
  }
  return "no error";
}

}  // namespace twopass::test
