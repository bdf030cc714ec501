// Finds programs by their names.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::os {

// Whether the path leads to a file that may be executed.
bool is_program(const std::string& path);

// Returns the first program of that name in the directories of `path`, which has
// the form of PATH; empty: there is none. Leaves out relative directories: our working directory
// need not be the one that is meant.
std::string find_program(std::string_view path, std::string_view name);
// Does the same with our own PATH.
std::string find_program(std::string_view name);

}  // namespace holdfast::os
