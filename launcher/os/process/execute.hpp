// Starts the test's main process.
#pragma once

#include <sys/types.h>
#include <sys/wait.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "os/signal/signals.hpp"

namespace holdfast::os {

struct Command {
  char** arguments = nullptr;    // null-terminated; [0] is looked up in PATH as execvp(3) does
  char** environment = nullptr;  // null-terminated
  std::uint64_t tag = 0;         // soft RLIMIT_LOCKS of the process; 0: unchanged
  int nice = 0;                  // its nice value is at least this
  int umask = -1;                // umask(2); -1: ours
  pid_t debugger = 0;       // this process and its children may trace the command; 0: unchanged
  int cgroup = -1;          // directory of the cgroup to start the process in; -1: none
  int entrance = -1;        // its cgroup.procs
  bool must_enter = false;  // it does not run outside of the cgroup
  // The stdout and stderr of the process; -1: ours.
  int output = -1;
  int errors = -1;
};

struct Spawned {
  pid_t pid = -1;
  int error = 0;  // errno of fork or exec; 0: the command runs
  // errno: the command is not in the cgroup. It runs all the same, or must_enter.
  int entrance_error = 0;
};

// Runs the command as a child with the caller's signals. The child shares everything else with us:
// process group, session, terminal, descriptors, working directory. Returns when exec has succeeded
// or failed. A script without `#!` is given to /bin/sh, as ctest does.
Spawned spawn(const Command& command, const CallersSignals& callers);

// Does `be`, which does not return, in a process that is no child of ours: a child of a launcher
// would count as a process that its command has left. False, with errno set: it cannot be started.
template <typename Be>
bool fork_away(Be be) {
  const pid_t between = ::fork();
  if (between == 0) {
    if (::fork() == 0) be();
    ::_exit(0);
  }
  if (between > 0) (void)retried([&] { return ::waitpid(between, nullptr, 0); });
  return between > 0;
}

// Marks this process with the tag of an attempt (base/process_name.hpp); 0: its mark stays.
// Async-signal-safe.
void take_tag(std::uint64_t tag);

// Becomes the command. Returns errno if that fails.
int become(const Command& command, const CallersSignals& callers);

// Does what execvp(3) does, with every C library in the same way. musl's execvp(3) does not give a
// script without `#!` to the shell.

// Becomes the program arguments[0]. Both arrays are null-terminated. A name without a slash is
// looked up in our own PATH. A script without `#!` is given to /bin/sh, as ctest does. Returns only
// on failure, with errno as execvp(3) sets it. Async-signal-safe, unless PATH is changed meanwhile.
void execute(char** arguments, char** environment);

// Says why a program could not be executed.

// Returns "failed to execute <command>: <error>". execve(2) also says ENOENT if a script exists but
// the interpreter in its first line does not. The text names the interpreter then. Reads the
// beginning of the file.
std::string execution_error(const std::string& command, int error);

// Returns the interpreter that a script's first line names, if that interpreter does not exist;
// else empty. Always empty for a command without a slash. Reads the beginning of the file.
std::string missing_interpreter(const std::string& command);

// What execve(2) takes, and what it was given.

// The texts and a null. They belong to `texts`.
std::vector<char*> pointers_to(const std::vector<std::string>& texts);

std::vector<std::string> entries_of(char** environment);
// Our own environment.
std::vector<std::string> own_environment();

// Finds programs by their names.

// Whether the path leads to a file that may be executed.
bool is_program(const std::string& path);

// Returns the first program of that name in the directories of `path`, which has
// the form of PATH; empty: there is none. Leaves out relative directories: our working directory
// need not be the one that is meant.
std::string find_program(std::string_view path, std::string_view name);
// Does the same with our own PATH.
std::string find_program(std::string_view name);

}  // namespace holdfast::os
