// Which programs can lose rights that they had when they started: by becoming another user, by
// changing their root or their mounts, by limiting themselves. Such a program may not be able to
// leave a file that we ask it for, although it has done nothing wrong.
//
// A program can do so only by a function of the C library, which it or one of its own libraries
// imports by name. What the compiler and the C library bring along does not count: it imports such
// functions for purposes of its own (libstdc++ waits by syscall(2)).
#pragma once

#include <string_view>

namespace holdfast {

// Whether a function of that name can take rights from the process that calls it.
bool takes_rights_away(std::string_view function);

// Whether a library of that file name belongs to the compiler or the C library: `libm.so.6`.
bool is_of_toolchain(std::string_view library);

}  // namespace holdfast
