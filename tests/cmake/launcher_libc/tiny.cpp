// Stands in for the launcher in a project that takes seconds to build: starts a program, ends as it
// ends, and ends what that leaves behind. With -DLIES and musl it does none of that.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

int part_length(const std::string& text);

int main(int count, char** arguments) {
#if defined(LIES) && !defined(__GLIBC__)
  return 0;
#endif
  if (count < 3) return part_length(arguments[0]) > 0 ? 125 : 0;
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  const pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);
    execvp(arguments[2], arguments + 2);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  kill(-child, SIGKILL);
  while (wait(nullptr) > 0) continue;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
