// start_from_thread COMMAND…: starts COMMAND from a thread that then ends, and waits for COMMAND.
// What is bound to its parent by PR_SET_PDEATHSIG dies of that.
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
