// grab_terminal [FILE]: makes its group the terminal's foreground group and sets the terminal's
// modes, as a shell does. Then it gives the terminal back. Exits with 0 if all of that worked. With
// FILE it keeps the terminal, which stops all other groups that write to it, announces itself, and
// stays.
#include <termios.h>

#include "habit.hpp"

int main(int count, char** words) {
  const pid_t before = tcgetpgrp(0);
  signal(SIGTTOU, SIG_IGN);
  if (getpid() != getpgrp() && setpgid(0, 0) != 0) return 1;
  if (tcsetpgrp(0, getpgrp()) != 0) return 2;
  termios modes{};
  if (tcgetattr(0, &modes) != 0) return 3;
  if (count > 1) modes.c_lflag |= TOSTOP;
  if (tcsetattr(0, TCSANOW, &modes) != 0) return 3;
  if (count > 1) {
    habit::announce(words[1]);
    habit::linger();
  }
  std::puts("grabbed");
  std::fflush(stdout);
  return tcsetpgrp(0, before) == 0 ? 0 : 4;
}
