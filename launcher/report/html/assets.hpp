// The style and the script of a page: the files of page/, put into the program by CMake.
#pragma once

#include <string_view>

namespace holdfast::page {

extern const std::string_view k_style;
extern const std::string_view k_script;
// SHA-256 in hexadecimal digits.
extern const std::string_view k_style_hash;
extern const std::string_view k_script_hash;

}  // namespace holdfast::page
