// How far one word is from another, and which of many are near.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// Levenshtein's: insertions, deletions and replacements from one to the other. Takes time in
// proportion to the product of both lengths.
std::size_t edit_distance(std::string_view a, std::string_view b);

// Of `names` those that may have been meant by `name` and are not it: the nearest first, then by
// the alphabet, at most `most`. Upper and lower case, `-` and `_` count as the same; where one
// begins with the other they are near (`test` and `test.exe`).
std::vector<std::string> look_alikes(std::string_view name, const std::vector<std::string>& names,
                                     std::size_t most);

}  // namespace holdfast
