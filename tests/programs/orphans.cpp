// orphans FILE COUNT: makes COUNT processes whose parents are gone, each of which announces itself,
// and exits with 3.
#include "habit.hpp"

int main(int /*count*/, char** words) {
  for (int i = 0; i < std::atoi(words[2]); ++i) {
    if (fork() != 0) continue;
    if (fork() != 0) _exit(0);
    habit::announce(words[1]);
    habit::linger();
  }
  habit::wait_for_children();
  return 3;
}
