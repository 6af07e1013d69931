#include "pipeline/numbers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace twopass::pipeline {
namespace {

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

// std::from_chars knows no plus sign.
std::string_view without_plus(std::string_view text) {
  const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
  return plus ? text.substr(1) : text;
}

bool has_leading_zero(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && is_digit(text[1]);
}

template <class Number, class... Format>
std::optional<Number> parse(std::string_view text, Format... format) {
  text = without_plus(text);
  if (has_leading_zero(text)) return std::nullopt;
  Number value{};
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, format...);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<int64_t> parse_integer(std::string_view text) { return parse<int64_t>(text); }

std::optional<double> parse_number(std::string_view text) {
  const std::optional<double> value = parse<double>(text, std::chars_format::general);
  if (!value || !std::isfinite(*value)) return std::nullopt;
  return *value + 0.0;  // -0 is no other number than 0
}

std::string explain_number(std::string_view text) {
  text = without_plus(text);
  if (has_leading_zero(text)) return "leading zeros would make it octal elsewhere";
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  const bool integer = !digits.empty() && std::all_of(digits.begin(), digits.end(), is_digit);
  return integer && !parse_integer(text) ? "it does not fit 64 bits" : "";
}

std::string format_number(double value) {
  std::array<char, 32> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  std::string text(buffer.data(), end);
  const size_t exponent = text.find('e');
  if (exponent == std::string::npos) return text;
  if (text[exponent + 1] == '+') text.erase(exponent + 1, 1);
  // 1e-04 is what the library writes and 1e-4 what people do.
  const size_t digits = text.find_first_of("0123456789", exponent);
  text.erase(digits, std::min(text.find_first_not_of('0', digits), text.size() - 1) - digits);
  return text;
}

}  // namespace twopass::pipeline
