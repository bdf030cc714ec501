// Text of unknown origin (names, output) made safe for the place it is shown in.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

// For a terminal, on one line: control characters (a name could hold escape sequences or
// newlines) become \n, \t or \xNN, bytes that are not UTF-8 become U+FFFD.
std::string printable(std::string_view text);

// For XML 1.0 character data and attribute values. Characters that XML cannot express at all
// (most control characters, U+FFFE, U+FFFF) are shown as \xNN or \uNNNN.
std::string xml_text(std::string_view text);
std::string xml_attribute(std::string_view text);

}  // namespace holdfast
