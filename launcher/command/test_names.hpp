// Names of tests as ctest takes them.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace holdfast::cli {

// For `--format ctest`: a line with one regular expression that matches these names. Fails if ctest
// takes no expression for so many.
Result<std::string> names_as_expression(const std::vector<std::string>& names);

// For `--format names`: each name in a line, as `ctest --tests-from-file` reads them (CMake 3.29).
// A name of more than a line is left out, and a line on stderr says so.
std::string names_as_lines(const std::vector<std::string>& names);

}  // namespace holdfast::cli
