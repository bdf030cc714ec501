// start_from_thread FILE COMMAND…: starts COMMAND from a thread, which ends when there is FILE, and
// waits for COMMAND. The end of the thread kills a process that uses PR_SET_PDEATHSIG.
#include <thread>

#include "habit.hpp"

int main(int /*count*/, char** words) {
  pid_t child = -1;
  std::thread([&] {
    child = fork();
    if (child == 0) {
      execvp(words[2], words + 2);
      _exit(97);
    }
    for (int i = 0; i < 30'000 && access(words[1], F_OK) != 0; ++i) habit::rest(2);
  }).join();
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 96;
}
