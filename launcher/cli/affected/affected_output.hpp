// What `holdfast affected` prints.
#pragma once

#include <string>

#include "cli/affected/find_affected.hpp"
#include "core/base/result.hpp"

namespace holdfast::cli {

// One name in each line. A name of more than one line cannot be told so: the error names it.
Result<std::string> affected_names(const FoundAffected& found);
// For each test its name and, in lines of their own, its reasons.
std::string affected_explained(const FoundAffected& found);
// One name in each line, for `cmake --build TREE --target`.
std::string affected_targets(const FoundAffected& found);
// An expression for ctest's -R. The error: ctest takes none for so many tests.
Result<std::string> affected_expression(const FoundAffected& found);
std::string affected_json(const FoundAffected& found, const std::string& since);

}  // namespace holdfast::cli
