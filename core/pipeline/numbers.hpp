#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace twopass::pipeline {

// Stricter than YAML 1.1, in which 010 is 8 and 1_000 a number: decimal digits with an optional sign, no
// leading zeros. Nothing if the text is no such integer; a value past 64 bits is none either.
std::optional<int64_t> parse_integer(std::string_view text);

// 1, -2.5, .0001, 1e-4, 1E+4. Nothing for any other text, for nan and inf and for what a double cannot hold.
std::optional<double> parse_number(std::string_view text);

// Why an integer's text is none: leading zeros, or too many digits. Empty when there is nothing to explain.
std::string explain_number(std::string_view text);

// The shortest text that parses to the same number: "1e-4", "0.5", "60".
std::string format_number(double value);

}  // namespace twopass::pipeline
