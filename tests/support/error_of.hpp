#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "twopass/error.hpp"

namespace twopass::test {

// The Error that `body` throws.
template <class Body>
Error error_from(Body&& body) {
  try {
    body();
  } catch (const Error& e) {
    return e;
  }
  return Error("no error", TWOPASS_OK);
}

// What the Error that `body` throws says; its status must be the one given, if one is.
template <class Body>
std::string error_of(Body&& body, std::optional<twopass_status> status = std::nullopt) {
  const Error error = error_from(body);
  if (status) {
    EXPECT_EQ(error.status(), *status) << error.what();
  }
  return error.what();
}

}  // namespace twopass::test
