// Makes text of unknown origin (names, output) safe for XML. For terminals see
// core/base/text.hpp.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

// Text for XML 1.0 character data and attribute values. Characters that XML cannot express (most
// control characters, U+FFFE, U+FFFF) become \xNN or \uNNNN.
std::string xml_text(std::string_view text);
std::string xml_attribute(std::string_view text);

}  // namespace holdfast
