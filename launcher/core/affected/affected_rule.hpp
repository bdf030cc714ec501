// An entry of [[affected]] in holdfast.toml: what a project says about its files and tests that no
// build knows.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

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
