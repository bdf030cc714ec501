// Says why a program could not be executed.
#pragma once

#include <string>

namespace holdfast::os {

// Returns "failed to execute <command>: <error>". execve(2) also says ENOENT if a script exists but
// the interpreter in its first line does not. The text names the interpreter then. Reads the
// beginning of the file.
std::string execution_error(const std::string& command, int error);

// Returns the interpreter that a script's first line names, if that interpreter does not exist;
// else empty. Always empty for a command without a slash. Reads the beginning of the file.
std::string missing_interpreter(const std::string& command);

}  // namespace holdfast::os
