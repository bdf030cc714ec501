// Names of Catch2's cases in what selects them on the command line. Catch2 compares names without
// regard to case and to blanks around them. A `*` at an end of a name stands for any text, even
// behind a `\`. Catch2 takes `exclude:` in front of a name as its own word, so a `*` goes before
// it. Source: TestSpecParser and WildcardPattern of versions 2.13 and 3.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

// What selects the name, and perhaps others: catch2_selects(). None for a name of blanks, which
// nothing selects.
std::optional<std::string> catch2_selection(std::string_view name);

// Whether the selection of `name` selects `other` as well.
bool catch2_selects(std::string_view name, std::string_view other);

}  // namespace holdfast
