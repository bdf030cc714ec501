// What a build tree says of its project: the file that CMake writes when Holdfast is attached
// (k_project_file of core/base/names.hpp).
#pragma once

#include <optional>
#include <string>

namespace holdfast::os {

// Returns the project's top directory, absolute. None: Holdfast is not attached there.
std::optional<std::string> source_of_tree(const std::string& tree);

}  // namespace holdfast::os
