#pragma once

#include <string>
#include <string_view>

namespace twopass::report {

// The text as it must stand in HTML and XHTML, between tags or in a quoted attribute. Control characters,
// which neither may hold, become spaces.
std::string escape_html(std::string_view text);

}  // namespace twopass::report
