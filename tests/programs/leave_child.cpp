// leave_child FILE CODE [quiet|deaf|late]: leaves a child behind that holds stdout (quiet: holds no
// output; deaf: ignores TERM; late: ends by itself, 30 ms after nothing is left of its parent) and
// exits with CODE once the child is there.
#include "habit.hpp"

int main(int count, char** words) {
  int there[2];
  const pid_t parent = getpid();
  if (pipe(there) != 0) return 99;
  if (fork() == 0) {
    close(there[0]);
    if (count > 3 && std::strcmp(words[3], "deaf") == 0) signal(SIGTERM, SIG_IGN);
    if (count > 3 && std::strcmp(words[3], "quiet") == 0) {
      const int null = open("/dev/null", O_RDWR);
      for (int fd = 0; fd <= 2; ++fd) dup2(null, fd);
    }
    habit::announce(words[1]);
    close(there[1]);
    if (count > 3 && std::strcmp(words[3], "late") == 0) {
      while (kill(parent, 0) == 0) habit::rest(1);  // who has ended is there until it is waited for
      habit::rest(30);
      _exit(0);
    }
    habit::linger();
  }
  close(there[1]);
  char end = 0;
  (void)!read(there[0], &end, 1);
  return std::atoi(words[2]);
}
