// Where the other programs of this installation are: beside this one, by the layout that
// cmake/Layout.cmake describes. A program that was copied elsewhere finds none.
#pragma once

#include <string>

#include "core/base/result.hpp"

namespace holdfast::supervision {

// <prefix>/bin/holdfast. Fails for a file that is readable and no whole program. A file that is
// missing or unreadable passes: it fails when it is executed.
Result<std::string> main_program();

// <prefix>/libexec/holdfast/holdfast-exec, looked at in the same way.
Result<std::string> exec_program();

// <prefix>/libexec/holdfast/holdfast-launcher, which is not looked at.
Result<std::string> launcher_program();

}  // namespace holdfast::supervision
