// A line for people that is too long for a terminal, in several.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// Parts of `text` that have at most 160 columns with `holdfast: ` before them, as far as its words
// allow; those after the first begin with two blanks. Control characters are shown as
// core/printable.hpp does.
std::vector<std::string> folded_line(std::string_view text);

}  // namespace holdfast
