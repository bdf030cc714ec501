// vanish FILE [stay]: leaves behind a daemon that hides as well as it can (double fork, new
// session, no environment, no descriptor, deaf to all signals that it can ignore), and exits or
// stays.
#include <initializer_list>

#include "habit.hpp"

extern char** environ;

int main(int count, char** words) {
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    habit::become_orphan();
    for (int number : {SIGTERM, SIGHUP, SIGINT, SIGQUIT}) signal(number, SIG_IGN);
    close_range(0, ~0U, 0);
    // By exec: an environment that is only cleared in memory still shows in /proc.
    char* none[] = {nullptr};
    char name[] = "ignore";
    char term[] = "15";
    char* arguments[] = {name, words[1], term, nullptr};
    const char* self = words[0];
    char path[4096];
    const char* slash = std::strrchr(self, '/');
    std::snprintf(path, sizeof path, "%.*s/ignore", static_cast<int>(slash - self), self);
    execve(path, arguments, none);
    _exit(97);
  }
  waitpid(child, nullptr, 0);
  if (count > 2) habit::linger();
  return 0;
}
