// Globs for paths of files, as in .gitignore.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// Turns a glob into a regular expression of RE2 for the whole of a path.
//
//   *       any text without `/`
//   **      any text, as a whole part of the path: `a/**/b` also fits `a/b`
//   ?       any byte but `/`
//   [a-c]   one byte of the set; [!a-c]: one that is not in it. `[[:digit:]]` and the like are sets
//           by their names
//   \       takes the next byte as it is
//
// A glob without a `/` before its end fits the last part of a path; any other glob begins at the
// top. What fits a directory fits everything below it. A glob that ends with `/` fits only what is
// below.
std::string expression_for_glob(std::string_view glob);

// Paths of which some parts are not known.

// In a pattern, these bytes stand for text. Any other byte stands for itself.
inline constexpr char k_unknown = '\1';  // any text: nobody knows it
inline constexpr char k_star = '\2';     // any text without `/`
inline constexpr char k_one = '\3';      // one byte that is no `/`
inline constexpr std::string_view k_wildcards = "\1\2\3";

inline bool is_pattern(std::string_view path) {
  return path.find_first_of(k_wildcards) != std::string_view::npos;
}
// Whether nothing but the shape of the path is unknown: a glob that a shell expands.
inline bool is_glob(std::string_view path) {
  return is_pattern(path) && path.find(k_unknown) == std::string_view::npos;
}
// Whether the pattern says nothing about the path.
inline bool fits_all(std::string_view pattern) {
  return pattern.find(k_unknown) != std::string_view::npos &&
         pattern.find_first_not_of("\1\2\3/") == std::string_view::npos;
}
bool fits_pattern(std::string_view pattern, std::string_view path);

// Joins two paths and takes `.`, `..` and empty parts out, by their text alone. An absolute `path`
// needs no directory, and what begins with an unknown part may be one. What `..` after an
// unknown part leads to is unknown from its begin on: the part may have been several.
std::string joined_path(std::string_view directory, std::string_view path);

// Finds paths within a word of a command.

// Shows `try_path` each part of `word` that may be a path, but not the whole word: what follows an
// `=`, and any part with a slash that begins after a blank or one of
// `"'`=:;,|&()<>[]{}!#?@`, and ends before one (`sh -c "/b/p <in.txt"`, `--a=b=/p`, `@/b/p`). An
// option is left out before it (`-f/b/p`, `-fb/p`), also if there is no slash (`-fb`). A path may
// itself have such bytes, so up to eight longer parts follow as long as the answer is false.
void find_paths(std::string_view word, const std::function<bool(std::string_view)>& try_path);

// An entry of [[affected]] in holdfast.toml: what a project says about its files and tests that no
// build knows.

// Globs (file_glob.hpp) of files that no test needs, unless the build or a test names them.
// docs/reference/affected.md has the same list.
inline constexpr std::array<std::string_view, 25> k_documentation = {
    "*.adoc",    "*.md",        "*.rst",       "AUTHORS",      "AUTHORS.*",
    "CHANGELOG", "CHANGELOG.*", "CHANGES",     "CHANGES.*",    "COPYING",
    "COPYING.*", "ChangeLog",   "ChangeLog.*", "CONTRIBUTORS", "CONTRIBUTORS.*",
    "LICENCE",   "LICENCE.*",   "LICENSE",     "LICENSE.*",    "NEWS",
    "NEWS.*",    "README",      "README.*",    "doc/",         "docs/"};

struct AffectedRule {
  // Globs (file_glob.hpp) of files, and regular expressions for names of tests. A change of such a
  // file affects these tests. Both are empty, or neither is.
  std::vector<std::string> files = {};
  std::vector<std::string> tests = {};
  std::vector<std::string> ignore = {};  // globs of files that no test needs
  // Globs, in place of k_documentation.
  std::optional<std::vector<std::string>> documentation = {};
  std::string origin = {};
};

}  // namespace holdfast
