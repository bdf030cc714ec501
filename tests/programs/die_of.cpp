// die_of N [core]: dies of signal N, even if that was ignored or blocked. `core`: leaves a core
// file if the hard limit allows one.
#include <sys/resource.h>

#include "habit.hpp"

int main(int count, char** words) {
  const int number = std::atoi(words[1]);
  if (count > 2 && std::strcmp(words[2], "core") == 0) {
    rlimit limit{};
    getrlimit(RLIMIT_CORE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_CORE, &limit);
  }
  signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  kill(getpid(), number);
  habit::linger();
}
