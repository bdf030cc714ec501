// Does what execvp(3) does, with every C library in the same way. musl's execvp(3) does not give a
// script without `#!` to the shell.
#pragma once

namespace holdfast::os {

// Becomes the program arguments[0]. Both arrays are null-terminated. A name without a slash is
// looked up in our own PATH. A script without `#!` is given to /bin/sh, as ctest does. Returns only
// on failure, with errno as execvp(3) sets it. Async-signal-safe, unless PATH is changed meanwhile.
void execute(char** arguments, char** environment);

}  // namespace holdfast::os
