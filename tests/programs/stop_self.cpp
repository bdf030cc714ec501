// stop_self FILE: announces itself, stops itself, and when continued exits with 6.
#include "habit.hpp"

int main(int /*count*/, char** words) {
  habit::announce(words[1]);
  kill(getpid(), SIGSTOP);
  return 6;
}
