// witness_lock BEGUN PATTERN PROGRAM RESULT: waits until the file BEGUN is not empty (the test has
// begun), and then for the lock whose file PATTERN names. It writes to RESULT which processes of
// PROGRAM live at that moment: "free", or "alive PID…". It looks at once, to catch a lock that is
// released a moment too early.
#include <dirent.h>
#include <glob.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <string>

#include "habit.hpp"

namespace {

enum class Runs { it, another, nothing };

// A zombie, or a thread that has released its memory, runs nothing.
Runs what_runs(const std::string& entry, const std::string& program) {
  char target[4096] = {};
  if (readlink((entry + "/exe").c_str(), target, sizeof target - 1) <= 0) return Runs::nothing;
  return program == target ? Runs::it : Runs::another;
}

bool is_of(const char* pid, const std::string& program) {
  const std::string entry = std::string("/proc/") + pid;
  const Runs runs = what_runs(entry, program);
  if (runs != Runs::nothing) return runs == Runs::it;
  // If the main thread has ended, other threads may run the program.
  glob_t threads{};
  glob((entry + "/task/*").c_str(), 0, nullptr, &threads);
  bool found = false;
  for (std::size_t i = 0; i < threads.gl_pathc; ++i) {
    found |= what_runs(threads.gl_pathv[i], program) == Runs::it;
  }
  globfree(&threads);
  return found;
}

std::string processes_of(const std::string& program) {
  std::string found;
  DIR* entries = opendir("/proc");
  while (const dirent* entry = entries != nullptr ? readdir(entries) : nullptr) {
    if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
    if (is_of(entry->d_name, program)) found += std::string(" ") + entry->d_name;
  }
  if (entries != nullptr) closedir(entries);
  return found;
}

bool has_begun(const char* file) {
  struct stat info {};
  return stat(file, &info) == 0 && info.st_size > 0;
}

}  // namespace

int main(int /*count*/, char** words) {
  for (int i = 0; i < 60'000 && !has_begun(words[1]); ++i) habit::rest(1);
  glob_t found{};
  if (glob(words[2], 0, nullptr, &found) != 0) return 1;
  const int lock = open(found.gl_pathv[0], O_RDWR | O_CLOEXEC);
  if (lock < 0) return 2;
  while (flock(lock, LOCK_EX) != 0) {
  }
  const std::string alive = processes_of(words[3]);
  habit::append_line(words[4], alive.empty() ? "free" : ("alive" + alive).substr(0, 200).c_str());
}
