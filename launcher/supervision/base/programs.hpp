// Where the other programs of this installation are: beside this one, by the layout that
// cmake/Layout.cmake describes. A program that was copied elsewhere finds none.
#pragma once

#include <string>

#include "core/base/result.hpp"

namespace holdfast::supervision {

// <prefix>/bin/holdfast. Fails if that is no whole program.
Result<std::string> main_program();

// <prefix>/libexec/holdfast/holdfast-exec. Fails if that is no whole program.
Result<std::string> exec_program();

// <prefix>/libexec/holdfast/holdfast-launcher, which is not looked at.
Result<std::string> launcher_program();

}  // namespace holdfast::supervision
