#include "fork_obstacles.hpp"

#include <dirent.h>
#include <errno.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <fstream>

namespace holdfast {
namespace gtest_support {
namespace {

bool has_timer() {
  const __itimer_which_t kinds[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
  for (const __itimer_which_t kind : kinds) {
    itimerval timer;
    if (::getitimer(kind, &timer) == 0 &&
        (timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0)) {
      return true;
    }
  }
  // Timers of timer_create(2). Some kernels are built without this file.
  std::ifstream timers("/proc/self/timers");
  return timers.peek() != std::ifstream::traits_type::eof();
}

bool has_children() {
  siginfo_t info;
  // This neither blocks nor reaps a child.
  return ::waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) == 0;
}

// The first mapping of /proc/self/maps that all copies would write to; empty: none.
std::string shared_memory() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const std::string::size_type rights = line.find(' ') + 1;
    if (line.size() < rights + 4 || line[rights + 1] != 'w' || line[rights + 3] != 's') continue;
    const std::string::size_type name = line.find_first_of("/[");
    return name == std::string::npos ? "anonymous" : line.substr(name);
  }
  return std::string();
}

unsigned count_threads() {
  DIR* directory = ::opendir("/proc/self/task");
  if (directory == nullptr) return 1;
  unsigned count = 0;
  while (const dirent* entry = ::readdir(directory)) {
    if (entry->d_name[0] != '.') ++count;
  }
  ::closedir(directory);
  return count;
}

}  // namespace

std::string fork_obstacle() {
  const unsigned threads = count_threads();
  if (threads > 1) return "it has " + std::to_string(threads) + " threads before its first case";
  if (has_timer()) return "it has set a timer before its first case";
  if (has_children()) return "it has started a process before its first case";
  const std::string shared = shared_memory();
  if (!shared.empty()) return "it has shared memory before its first case (" + shared + ")";
  return std::string();
}

}  // namespace gtest_support
}  // namespace holdfast
