// How names of Catch2's cases are written on the command line, to select them. Catch2 ignores upper
// and lower case in names, and blanks around them. A `*` at an end of a name stands for any text,
// even after a `\`. A name that begins with `exclude:` gets a `*` in front, because Catch2 takes
// that word as its own. Source: TestSpecParser and WildcardPattern of versions 2.13 and 3.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

// The selection of a case; catch2_selects() says which other cases it selects too. None: the name
// consists of blanks, and no selection selects it.
std::optional<std::string> catch2_selection(std::string_view name);

// Whether the selection of `name` selects `other` as well.
bool catch2_selects(std::string_view name, std::string_view other);

}  // namespace holdfast
