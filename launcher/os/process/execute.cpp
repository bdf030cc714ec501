// Hazards. This code runs between vfork and exec, in memory that it shares with the parent. So it
// must not allocate or lock.
#include "os/process/execute.hpp"

#include <limits.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace holdfast::os {
namespace {

// True: the search goes on, because this directory has no such program (execvp(3)).
bool is_elsewhere(int error) {
  return error == ENOENT || error == ENOTDIR || error == EACCES || error == ESTALE ||
         error == ENODEV || error == ETIMEDOUT;
}

// A script without `#!` goes to the shell, as in ctest. POSIX asks execvp for this; not all C
// libraries do it.
void execute_file(const char* file, char** arguments, char** environment) {
  ::execve(file, arguments, environment);
  if (errno != ENOEXEC) return;
  std::size_t count = 0;
  while (arguments[count] != nullptr) ++count;
  // The words are the shell, the file, the arguments after the first, and null. They are on the
  // stack, because nothing may be allocated.
  auto** words = static_cast<char**>(__builtin_alloca((count + 2) * sizeof(char*)));
  char shell[] = "/bin/sh";
  words[0] = shell;
  words[1] = const_cast<char*>(file);
  for (std::size_t i = 1; i <= count; ++i) words[i + 1] = arguments[i];
  ::execve(shell, words, environment);
}

}  // namespace

void execute(char** arguments, char** environment) {
  const char* name = arguments[0];
  if (*name == '\0') {
    errno = ENOENT;
    return;
  }
  if (std::strchr(name, '/') != nullptr) return execute_file(name, arguments, environment);
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
      execute_file(file, arguments, environment);
      if (!is_elsewhere(errno)) return;
      refused = refused || errno == EACCES;
    }
    rest = end;
    if (*rest == '\0') break;
  }
  errno = refused ? EACCES : ENOENT;
}

}  // namespace holdfast::os
