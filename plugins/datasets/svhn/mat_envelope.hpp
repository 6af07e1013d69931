#pragma once

#include <cstdint>
#include <filesystem>

namespace twopass::svhn {

// Checks what encloses the variables of a MATLAB 5 MAT-file: the header, that every element ends within the
// file, that every compressed one is whole and matches its checksum, that no part claims to be larger than
// its variable. libmatio 1.5.23 does none of this: of a file that breaks off, or of a damaged stream, it
// returns what there is and reports success, and it takes gigabytes for a size that a flipped bit made.
//
// Returns how many bytes the elements hold, unpacked: no variable can be larger. Throws Error with
// TWOPASS_CORRUPT.
uint64_t check_mat_envelope(const std::filesystem::path& file);

}  // namespace twopass::svhn
