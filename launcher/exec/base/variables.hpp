// Reads an environment in the form that execve(2) takes: `NAME=VALUE` entries, null-terminated.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "os/process/execute.hpp"

namespace holdfast::exec {

// True: the entry is `<name>=…`.
bool is_variable(std::string_view entry, std::string_view name);
// Returns the value of a variable; `unset` if it is not set.
std::string_view variable_in(char** environment, std::string_view name,
                             std::string_view unset = {});
std::string_view variable_in(const std::vector<std::string>& entries, std::string_view name);
using os::entries_of;

}  // namespace holdfast::exec
