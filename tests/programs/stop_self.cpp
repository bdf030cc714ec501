// stop_self FILE: announces itself, stops itself, and exits with 6 when it is continued.
#include "habit.hpp"

int main(int /*count*/, char** words) {
  habit::announce(words[1]);
  kill(getpid(), SIGSTOP);
  return 6;
}
