// start_from_thread COMMAND…: starts COMMAND from a thread, which then ends, and waits for COMMAND.
// The end of the thread kills a process that uses PR_SET_PDEATHSIG.
#include <thread>

#include "habit.hpp"

int main(int /*count*/, char** words) {
  pid_t child = -1;
  std::thread([&] {
    child = fork();
    if (child == 0) {
      execv(words[1], words + 1);
      _exit(97);
    }
  }).join();
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 96;
}
