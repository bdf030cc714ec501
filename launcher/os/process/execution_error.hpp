// Says why a program could not be executed.
#pragma once

#include <string>

namespace holdfast::os {

// "failed to execute <command>: <error>". execve(2) says ENOENT also when the command exists and
// the interpreter in its first line does not; then the text says that. Reads the file's beginning.
std::string execution_error(const std::string& command, int error);

// The interpreter that a script's first line names, if it does not exist; else empty. Always empty
// for a command without a slash. Reads the file's beginning.
std::string missing_interpreter(const std::string& command);

}  // namespace holdfast::os
