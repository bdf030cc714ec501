// mix_streams COUNT: prints numbered lines, in turn on stdout and stderr, each by one write.
#include "habit.hpp"

int main(int /*count*/, char** words) {
  for (int i = 0; i < std::atoi(words[1]); ++i) {
    char line[64];
    const int length = std::snprintf(line, sizeof line, "%s %d\n", i % 2 == 0 ? "out" : "err", i);
    if (write(1 + i % 2, line, static_cast<size_t>(length)) != length) return 1;
  }
  return 0;
}
