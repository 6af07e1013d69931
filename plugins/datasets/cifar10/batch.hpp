#pragma once

#include <filesystem>

#include "twopass/dataset.hpp"

namespace twopass::cifar10 {

inline constexpr size_t kSide = 32, kChannels = 3, kPixels = kChannels * kSide * kSide;
inline constexpr int kClasses = 10;

// A batch in the publisher's binary layout: records of a label and 3072 pixels. Throws Error:
// TWOPASS_NOT_FOUND when the file cannot be read, TWOPASS_CORRUPT when it is no such batch.
Images read_binary_batch(const std::filesystem::path& file);

// The same of a pickled batch: a dictionary with a matrix `data` and a list `labels`.
Images read_pickled_batch(const std::filesystem::path& file);

}  // namespace twopass::cifar10
