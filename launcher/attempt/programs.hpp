// Finds the other programs of this installation. They are beside this one, in the layout that
// cmake/Layout.cmake describes. A program that was copied elsewhere does not find them.
#pragma once

#include <string>

#include "base/result.hpp"

namespace holdfast::supervision {

// Returns <prefix>: the directory of this installation.
Result<std::string> installation();

// Returns <prefix>/bin/holdfast. Fails if the file is readable but not a whole program. A file that
// is missing or unreadable is no failure here: execve(2) will fail for it.
Result<std::string> main_program();

// Returns <prefix>/libexec/holdfast/holdfast-exec, checked in the same way.
Result<std::string> exec_program();

// Returns <prefix>/libexec/holdfast/holdfast-launcher, which is not checked.
Result<std::string> launcher_program();

// Returns <prefix>/libexec/holdfast/holdfast-<component>. Fails if it is not there: not every
// Holdfast is built with it (HOLDFAST_COMPONENTS).
Result<std::string> component_program(const std::string& component);

}  // namespace holdfast::supervision
