// Hazards. Between vfork and exec the child shares our memory and our stack: it calls nothing but
// async-signal-safe functions, changes two ints, and leaves by exec or _exit.
#include "os/spawn.hpp"

#include <limits.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace holdfast::os {
namespace {

// Where the search goes on: this directory has no such program. execvp(3)
bool is_elsewhere(int error) {
  return error == ENOENT || error == ENOTDIR || error == EACCES || error == ESTALE ||
         error == ENODEV || error == ETIMEDOUT;
}

// A script without `#!` is the shell's, as for ctest. POSIX, execvp; not done by every C library.
void execute_file(const char* file, const Command& command) {
  ::execve(file, command.arguments, command.environment);
  if (errno != ENOEXEC) return;
  std::size_t count = 0;
  while (command.arguments[count] != nullptr) ++count;
  // The shell, the file, the arguments after the first, the end. On the stack: see above.
  auto** words = static_cast<char**>(__builtin_alloca((count + 2) * sizeof(char*)));
  char shell[] = "/bin/sh";
  words[0] = shell;
  words[1] = const_cast<char*>(file);
  for (std::size_t i = 1; i <= count; ++i) words[i + 1] = command.arguments[i];
  ::execve(shell, words, command.environment);
}

// As execvp(3), by our own PATH.
void execute(const Command& command) {
  const char* name = command.arguments[0];
  if (*name == '\0') {
    errno = ENOENT;
    return;
  }
  if (std::strchr(name, '/') != nullptr) return execute_file(name, command);
  const char* path = std::getenv("PATH");
  if (path == nullptr) path = "/bin:/usr/bin";
  const std::size_t length = std::strlen(name);
  bool refused = false;
  for (const char* rest = path;; ++rest) {
    const char* end = std::strchr(rest, ':');
    if (end == nullptr) end = rest + std::strlen(rest);
    const auto directory = static_cast<std::size_t>(end - rest);
    char file[PATH_MAX];
    if (directory + 1 + length < sizeof file) {
      std::memcpy(file, rest, directory);
      // An empty element is the working directory.
      char* after = file + directory;
      if (directory > 0) *after++ = '/';
      std::memcpy(after, name, length + 1);
      execute_file(file, command);
      if (!is_elsewhere(errno)) return;
      refused = refused || errno == EACCES;
    }
    rest = end;
    if (*rest == '\0') break;
  }
  errno = refused ? EACCES : ENOENT;
}

}  // namespace

int become(const Command& command, const CallersSignals& callers) {
  // Where Yama lets a process be traced by its ancestors only; refused, and not needed, elsewhere.
  if (command.debugger != 0) ::prctl(PR_SET_PTRACER, command.debugger, 0, 0, 0);
  if (command.tag != 0) {
    rlimit limit{};
    // Only the soft one, and only where it may be set: it is a mark, not a limit.
    if (::getrlimit(RLIMIT_LOCKS, &limit) == 0 && command.tag <= limit.rlim_max) {
      limit.rlim_cur = command.tag;
      ::setrlimit(RLIMIT_LOCKS, &limit);
    }
  }
  give_back_signals(callers);
  execute(command);
  return errno;
}

Spawned spawn(const Command& command, const CallersSignals& callers) {
  // Written by the child in memory that is ours too: what exec said, without a pipe.
  volatile int error = 0;
  volatile int entrance_error = 0;
  const pid_t pid = ::vfork();
  if (pid < 0) return {-1, errno};
  if (pid == 0) {
    if (command.entrance >= 0 && ::write(command.entrance, "0", 1) < 0) entrance_error = errno;
    error = become(command, callers);
    ::_exit(127);
  }
  return {pid, error, entrance_error};
}

}  // namespace holdfast::os
