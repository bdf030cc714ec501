// Text of unknown origin (names, output) made safe for XML. For a terminal:
// core/base/printable.hpp.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

// For XML 1.0 character data and attribute values. Characters that XML cannot express at all
// (most control characters, U+FFFE, U+FFFF) are shown as \xNN or \uNNNN.
std::string xml_text(std::string_view text);
std::string xml_attribute(std::string_view text);

}  // namespace holdfast
