#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "twopass/abi.h"

namespace twopass::host {

// The rows of an option table in their order. Rows of an older SDK may be shorter than ours; that is why
// tables are not walked as arrays.
std::vector<const twopass_option*> option_rows(const twopass_option* options, uint32_t count);
std::vector<const twopass_option*> option_rows(const twopass_plugin& plugin);

bool is_list(const twopass_option& option);
// Whether values, or each element of a list, are integers or numbers: such options have a range.
bool is_numeric(const twopass_option& option);

// "boolean", "integer", "number", "text", "choice", "path", "integer list", "number list", "text list".
std::string type_name(const twopass_option& option);

// What a choice can be; none of other options.
std::vector<std::string> choice_names(const twopass_option& option);

// "in (0, 1]", "of at least 1", "above 0"; empty when every value is allowed.
std::string range_text(const twopass_option& option);

// What a value must be: "a number in (0, 1]", "one of neutral, zero, keep", "a list of integers".
std::string expected_text(const twopass_option& option);

// What one element of a list option must be, or the value of any other option.
std::string expected_element_text(const twopass_option& option);

// Whether a value, or an element of a list, lies in the option's range. Not-a-number never does.
bool in_range(const twopass_option& option, double value);

}  // namespace twopass::host
