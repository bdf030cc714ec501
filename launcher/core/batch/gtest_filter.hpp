// GoogleTest's filters (`--gtest_filter=`) that select what is wanted and nothing else. In a
// filter, the characters `:`, `-`, `*` and `?` have a meaning and cannot be escaped. Yet names may
// contain them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// Whether no character of the name has a meaning in a filter.
bool is_literal_in_filter(std::string_view name);

// The name, with each character that has a meaning replaced by `?`, which stands for any one
// character.
std::string filter_pattern(std::string_view name);

// Whether the pattern of `name` selects `other` as well.
bool filter_selects(std::string_view name, std::string_view other);

// A filter that selects `name` and none of `others`, all of which the pattern of `name` selects.
// None: there is no such filter.
std::optional<std::string> filter_without(std::string_view name,
                                          const std::vector<std::string_view>& others);

}  // namespace holdfast
