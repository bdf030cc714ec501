// How far one word is from another, and which of many words are near.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// The Levenshtein distance: how many insertions, deletions and replacements lead from one to the
// other. The time is proportional to the product of both lengths.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The `names` that a user may have meant by `name`, without `name` itself. There are at most
// `most`, the nearest first; names that are equally near are in alphabetical order. Upper and lower
// case count as the same, and so do `-` and `_`. Two names are also near if one begins with the
// other (`test` and `test.exe`).
std::vector<std::string> look_alikes(std::string_view name, const std::vector<std::string>& names,
                                     std::size_t most);

// ` (did you mean "timeout"?)`: the nearest of these words. Empty: none is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& words);

}  // namespace holdfast
