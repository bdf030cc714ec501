// Any text as the name of a file, and back.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

// Keeps letters, digits, `_`, `.`, `+` and `-`; other bytes become %XX. Never gives `.` or `..`.
std::string encode_file_name(std::string_view text);
// The inverse. Returns ill-formed text as it is.
std::string decode_file_name(std::string_view text);

}  // namespace holdfast
