// Why a program could not be executed, in words.
#pragma once

#include <string>

namespace holdfast::os {

// "failed to execute <command>: <error>"; where the command is there and the interpreter that its
// first line names is not (execve(2) says ENOENT for both), that is said. Reads the file's
// beginning.
std::string execution_error(const std::string& command, int error);

// The interpreter that a script's first line names and that is not there; empty: there is none
// such. Nothing is said of a command without a slash. Reads the file's beginning.
std::string missing_interpreter(const std::string& command);

}  // namespace holdfast::os
