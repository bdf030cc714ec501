// Filters of GoogleTest's (`--gtest_filter=`) that select what is wanted and nothing else. `:`,
// `-`, `*` and `?` have a meaning in them and cannot be escaped; names may hold them all the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// Whether a filter can say the name as it is.
bool is_literal_in_filter(std::string_view name);

// The name, with `?` for what has a meaning: that is any one character.
std::string filter_pattern(std::string_view name);

// Whether the pattern of a name selects that other name as well.
bool filter_selects(std::string_view name, std::string_view other);

// One that selects `name` and none of `others`, those that its pattern selects, too. None: there is
// no such filter.
std::optional<std::string> filter_without(std::string_view name,
                                          const std::vector<std::string_view>& others);

}  // namespace holdfast
