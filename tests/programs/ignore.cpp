// ignore FILE [SIGNAL…]: ignores the signals (without any: TERM), announces itself and stays.
#include "habit.hpp"

int main(int count, char** words) {
  if (count == 2) signal(SIGTERM, SIG_IGN);
  for (int i = 2; i < count; ++i) signal(std::atoi(words[i]), SIG_IGN);
  habit::announce(words[1]);
  habit::linger();
}
