#pragma once

#include <gtest/gtest.h>

#include <string>

#include "cpu/tile_kernels.hpp"

namespace twopass::cpu::kernels {

// For suites over the kinds of tiles.
inline std::string name_of(const ::testing::TestParamInfo<Tiles>& test) {
  constexpr const char* kNames[] = {"float32", "bfloat16", "amx"};
  return kNames[static_cast<size_t>(test.param)];
}

}  // namespace twopass::cpu::kernels
