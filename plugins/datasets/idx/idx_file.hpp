#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace twopass::idx {

// `folder`/`name` or, where that is absent, `folder`/`name`.gz; nothing when neither is a file.
std::optional<std::filesystem::path> find_file(const std::filesystem::path& folder, const std::string& name);

// Reads the IDX file (http://yann.lecun.com/exdb/mnist/, "the IDX file format") of an array of unsigned
// bytes, [n, item_shape...] for any n, gzip-compressed or not, whatever its name ends in. Returns the
// elements, row-major. Throws Error: TWOPASS_NOT_FOUND when the file cannot be opened; TWOPASS_CORRUPT when
// it is damaged, shorter or longer than its header promises, or of another type or shape.
std::vector<uint8_t> read_idx(const std::filesystem::path& file, std::span<const uint32_t> item_shape);

}  // namespace twopass::idx
