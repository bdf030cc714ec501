// keep_spawning FILE: a chain of processes that each fork a successor in a new session and exit,
// for ever: no list of processes is true when it is complete. Announces that it has begun.
#include "habit.hpp"

int main(int /*count*/, char** words) {
  for (int chain = 0; chain < 4; ++chain) {
    if (fork() != 0) continue;
    const time_t until = time(nullptr) + 30;
    for (long generation = 0; time(nullptr) < until; ++generation) {
      const pid_t next = fork();
      if (next > 0) _exit(0);
      if (next == 0) setsid();
      if (generation == 50) habit::announce(words[1]);
    }
    _exit(0);
  }
  habit::linger();
}
