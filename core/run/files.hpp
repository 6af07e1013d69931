#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace twopass::run {

// Replaces `path` in one step: the bytes go to a temporary name beside it, reach the disk, and only then take
// the name. Whatever happens, `path` holds either the old or the new content. Throws Error that names file
// and reason (a full disk, no permission).
void write_atomically(const std::filesystem::path& path, std::span<const std::string_view> pieces);
void write_atomically(const std::filesystem::path& path, std::string_view content);

// Adds a line and waits until it is on the disk. Throws Error that names file and reason; then the line may
// be there in part.
void append_line(const std::filesystem::path& path, const std::string& line);

// What to do where results cannot be written.
inline constexpr const char* kOtherFolder = "choose another folder with --results";

// Makes a folder of results with those above it. Throws Error when that cannot be, or it cannot be written
// into: now, not after an epoch of training.
void create_folder(const std::filesystem::path& path);

}  // namespace twopass::run
