// Filters of GoogleTest's (`--gtest_filter=`) that select what is wanted and nothing else. `:`,
// `-`,
// `*` and `?` have a meaning in them and cannot be escaped; names may hold them all the same.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// As long as one may be, with some room: it is one argument of at most 128 KiB (MAX_ARG_STRLEN of
// execve(2)), and the program may hand it on.
inline constexpr std::size_t k_longest_gtest_filter = 96UL * 1024UL;

// Whether a filter can say the name as it is.
bool is_literal_in_filter(std::string_view name);

// The name, with `?` for what has a meaning: that is any one character.
std::string filter_pattern(std::string_view name);

// Whether the pattern of a name selects that other name as well.
bool pattern_selects(std::string_view pattern, std::string_view name);

// One that selects `name` and none of `others`, those that its pattern selects, too. None: there is
// no such filter.
std::optional<std::string> filter_without(std::string_view name,
                                          const std::vector<std::string_view>& others);

}  // namespace holdfast
