#include "report/html.hpp"

namespace twopass::report {

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char character : text) switch (character) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\n':
        escaped += character;
        break;
      default:
        escaped += static_cast<unsigned char>(character) < ' ' ? ' ' : character;
    }
  return escaped;
}

}  // namespace twopass::report
