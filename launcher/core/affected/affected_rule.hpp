// An entry of [[affected]] in holdfast.toml: what a project says about its files and tests that no
// build knows.
#pragma once

#include <string>
#include <vector>

namespace holdfast {

struct AffectedRule {
  // Globs (file_glob.hpp) of files, and regular expressions for names of tests. A change of such a
  // file affects these tests. Both are empty, or neither is.
  std::vector<std::string> files = {};
  std::vector<std::string> tests = {};
  std::vector<std::string> ignore = {};  // globs of files that no test needs
  std::string origin = {};
};

}  // namespace holdfast
