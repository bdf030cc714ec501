// The names that users write in CMake, and the variables that they set, with what they mean: as the
// head of ctest-integration/Holdfast.cmake declares them, and nowhere else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cli {

struct DeclaredName {
  std::string name;     // HOLDFAST_LOCKS, Holdfast::mark
  std::string section;  // "Variables", "Test properties", "Targets", "Environment of ctest"
  std::string text;     // one line, without marks
};

// `module`: the text of Holdfast.cmake. An entry that declares several names is one for each.
std::vector<DeclaredName> declared_names(std::string_view module);

// `text` without the marks of reStructuredText and Markdown: quotes of code, roles, links. A link
// alone in parentheses, or called "below", becomes the path of its page.
std::string without_marks(std::string_view text);

}  // namespace holdfast::cli
