#include "fork_obstacles.hpp"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>

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
  FILE* timers = ::fopen("/proc/self/timers", "re");
  if (timers == nullptr) return false;
  const bool has_some = ::fgetc(timers) != EOF;
  ::fclose(timers);
  return has_some;
}

bool has_children() {
  siginfo_t info;
  // This neither blocks nor reaps a child.
  return ::waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) == 0;
}

// True: copies would write to one mapping of /proc/self/maps. `name` is the first such mapping.
bool has_shared_memory(char* name, size_t room) {
  FILE* maps = ::fopen("/proc/self/maps", "re");
  if (maps == nullptr) return false;
  char* line = nullptr;
  size_t size = 0;
  bool is_found = false;
  while (!is_found && ::getline(&line, &size, maps) > 0) {
    line[strcspn(line, "\n")] = '\0';
    const char* rights = strchr(line, ' ');
    is_found = rights != nullptr && strlen(rights) > 4 && rights[2] == 'w' && rights[4] == 's';
    const char* at = strpbrk(line, "/[");
    if (is_found) snprintf(name, room, "%s", at != nullptr ? at : "anonymous");
  }
  ::free(line);
  ::fclose(maps);
  return is_found;
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

bool has_fork_obstacle(char* why, size_t room) {
  const unsigned threads = count_threads();
  char mapping[256];
  if (threads > 1) {
    snprintf(why, room, "it has %u threads before its first case", threads);
  } else if (has_timer()) {
    snprintf(why, room, "it has set a timer before its first case");
  } else if (has_children()) {
    snprintf(why, room, "it has started a process before its first case");
  } else if (has_shared_memory(mapping, sizeof mapping)) {
    snprintf(why, room, "it has shared memory before its first case (%s)", mapping);
  } else {
    return false;
  }
  return true;
}

}  // namespace gtest_support
}  // namespace holdfast
