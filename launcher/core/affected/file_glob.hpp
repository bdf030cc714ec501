// Globs for paths of files, as in .gitignore.
#pragma once

#include <string>
#include <string_view>

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

}  // namespace holdfast
