// execvp(3), the same with every C library: musl's gives no script without `#!` to the shell.
#pragma once

namespace holdfast::os {

// Becomes the program arguments[0], looked up in our own PATH when it has no slash, with that
// environment; both null-terminated. A script without `#!` is given to /bin/sh, as ctest does.
// Returns only on failure, with errno as execvp(3) sets it. Async-signal-safe, but for a PATH
// changed meanwhile.
void execute(char** arguments, char** environment);

}  // namespace holdfast::os
