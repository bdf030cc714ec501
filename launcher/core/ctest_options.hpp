// What ctest was asked for on its command line, as far as we have to know it too. ctest(1),
// CMake 4.3.
#pragma once

#include <string_view>

namespace holdfast {

// Whether it is to be quiet (-Q, --quiet). `command_line`: its words, each ended by a NUL, the
// program first
// (/proc/<pid>/cmdline). A word that is an option's value is none itself: `ctest -R -Q`.
bool asks_to_be_quiet(std::string_view command_line);

}  // namespace holdfast
