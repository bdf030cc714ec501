// The names that users write in CMake, with what they mean: as the heads of the modules of
// ctest-integration declare them, and nowhere else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cli {

struct DeclaredName {
  std::string name;     // HOLDFAST_LOCKS, Holdfast::mark
  std::string section;  // "Variables", "Test properties", "Targets", "Commands"
  std::string text;     // one line, without marks
  std::string usage{};  // of a command: its lines
};

// `module`: the text of a module. An entry that declares several names is one for each. Of a
// command, the text is its first paragraph.
std::vector<DeclaredName> declared_names(std::string_view module);

// `text` without the marks of reStructuredText and Markdown: quotes of code, roles, links. A link
// alone in parentheses, or called "below", becomes the path of its page.
std::string without_marks(std::string_view text);

}  // namespace holdfast::cli
