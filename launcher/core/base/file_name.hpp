// Any text as the name of a file, and back.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

// A name as a file name: all but letters, digits, `_`, `.`, `+`, `-` as %XX; never `.` or `..`.
std::string encode_file_name(std::string_view text);
// The inverse; text that is not well-formed is returned as it is.
std::string decode_file_name(std::string_view text);

}  // namespace holdfast
