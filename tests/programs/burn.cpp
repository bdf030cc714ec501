// burn MS KIB: uses MS milliseconds of processor time in a grandchild, and KIB of memory.
#include <sys/resource.h>

#include <vector>

#include "habit.hpp"

int main(int /*count*/, char** words) {
  if (fork() != 0) {
    habit::wait_for_children();
    return 0;
  }
  std::vector<char> memory(static_cast<size_t>(std::atoi(words[2])) * 1024, 'x');
  const long wanted = std::atol(words[1]);
  volatile unsigned long sum = 0;
  while (std::clock() * 1000 / CLOCKS_PER_SEC < wanted)
    sum = sum + static_cast<unsigned char>(memory[sum % memory.size()]);
  return 0;
}
