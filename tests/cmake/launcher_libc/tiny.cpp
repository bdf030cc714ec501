// Stands in for the launcher in a project that builds in seconds. It starts a program, ends as that
// ends, and ends what that leaves behind. With musl and -DLIES_OF_… it fails in one of these.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

int part_length(const std::string& text);

int main(int count, char** arguments) {
#ifdef __GLIBC__
#undef LIES_OF_CODE
#undef LIES_OF_SIGNAL
#undef LIES_OF_END
#undef LIES_OF_REST
#undef LIES_OF_TIME
#endif
  if (count < 3) return part_length(arguments[0]) > 0 ? 125 : 0;
#ifdef LIES_OF_TIME
  while (true) pause();
#endif
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  const pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);
    execvp(arguments[2], arguments + 2);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
#ifndef LIES_OF_END
  kill(-child, SIGKILL);
  int left = 0;
  while (wait(nullptr) > 0) ++left;
#ifdef LIES_OF_REST
  while (left > 0) pause();
#endif
#endif
#ifdef LIES_OF_SIGNAL
  if (WIFSIGNALED(status)) return 1;
#endif
#ifdef LIES_OF_CODE
  return 0;
#endif
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
