// record_interval FILE MS: runs for MS milliseconds and writes to FILE when it began and ended
// (nanoseconds of CLOCK_MONOTONIC), with a name.
#include "habit.hpp"

namespace {
long long now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}
}  // namespace

int main(int count, char** words) {
  const long long begin = now();
  habit::rest(std::atoi(words[2]));
  char line[200];
  std::snprintf(line, sizeof line, "%lld %lld %s", begin, now(), count > 3 ? words[3] : "-");
  habit::append_line(words[1], line);
  return 0;
}
