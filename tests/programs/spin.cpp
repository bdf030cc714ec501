// spin [FILE]: computes for ever in spin_here(), with all signals blocked. It announces itself in
// FILE.
#include <pthread.h>

#include "habit.hpp"

extern "C" __attribute__((noinline)) void spin_here(time_t until) {
  unsigned turns = 0;
  while ((++turns & 0xfffffU) != 0 || time(nullptr) < until) {
    asm volatile("" : "+r"(turns));
  }
}

int main(int count, char** words) {
  if (count > 1) habit::announce(words[1]);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  spin_here(time(nullptr) + 60);
  return 98;
}
