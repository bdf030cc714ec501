// Shared by the programs of bad habits. Each lives for a minute at most: if a test fails to end
// one, the machine must not keep it.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace habit {

// Appends our pid to a file by one write. So a driver learns that the process runs, and its pid.
inline void announce(const char* file) {
  char line[32];
  const int length = std::snprintf(line, sizeof line, "%d\n", static_cast<int>(getpid()));
  const int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0 || write(fd, line, static_cast<size_t>(length)) != length) _exit(99);
  close(fd);
}

inline void append_line(const char* file, const char* text) {
  char line[256];
  const int length = std::snprintf(line, sizeof line, "%s\n", text);
  const int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0 || write(fd, line, static_cast<size_t>(length)) != length) _exit(99);
  close(fd);
}

inline void rest(long milliseconds) {
  timespec left{milliseconds / 1000, milliseconds % 1000 * 1'000'000};
  while (nanosleep(&left, &left) != 0) {
  }
}

[[noreturn]] inline void linger() {
  rest(60'000);
  _exit(98);
}

// Goes on in a process whose only ancestor is init or a subreaper.
inline void become_orphan() {
  if (fork() != 0) _exit(0);
}

inline void wait_for_children() {
  while (wait(nullptr) > 0 || errno == EINTR) {
  }
}

}  // namespace habit
