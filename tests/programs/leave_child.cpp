// leave_child FILE CODE [quiet|deaf|late]: leaves behind a child that holds stdout, and exits with
// CODE once the child runs. quiet: the child holds no output. deaf: it ignores TERM. late: it ends
// by itself, 30 ms after its parent is gone, and writes to FILE.there the last moment, in
// nanoseconds of CLOCK_MONOTONIC, at which it knew that its parent was there.
#include <string>

#include "habit.hpp"

namespace {

long long now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

void write_that_it_is_there(const std::string& file, long long seen) {
  habit::append_line((file + ".there").c_str(), std::to_string(seen).c_str());
}

// A process that has ended stays until it is reaped.
void wait_for_the_end_of(pid_t parent, const char* file) {
  for (long long seen = now(); kill(parent, 0) == 0; seen = now()) {
    write_that_it_is_there(file, seen);
    habit::rest(1);
  }
}

}  // namespace

int main(int count, char** words) {
  int there[2];
  const pid_t parent = getpid();
  const auto is_to_be = [&](const char* what) {
    return count > 3 && std::strcmp(words[3], what) == 0;
  };
  if (pipe(there) != 0) return 99;
  if (fork() == 0) {
    close(there[0]);
    if (is_to_be("deaf")) signal(SIGTERM, SIG_IGN);
    if (is_to_be("quiet")) {
      const int null = open("/dev/null", O_RDWR);
      for (int fd = 0; fd <= 2; ++fd) dup2(null, fd);
    }
    if (is_to_be("late")) write_that_it_is_there(words[1], now());
    habit::announce(words[1]);
    close(there[1]);
    if (is_to_be("late")) {
      wait_for_the_end_of(parent, words[1]);
      habit::rest(30);
      _exit(0);
    }
    habit::linger();
  }
  close(there[1]);
  char end = 0;
  (void)!read(there[0], &end, 1);
  return std::atoi(words[2]);
}
