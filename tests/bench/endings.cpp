// What it takes to end a test of 50 processes. Prints one line per ending, the two kinds in turn:
//   NAME <tab> microseconds from the signal until nothing is left <tab> 0
//
//   endings ROUNDS BYSTANDERS LAUNCHER
//     plain     SIGTERM to a process group of 50 children
//     launcher  SIGTERM to a launcher whose test has 50 grandchildren, each made by double fork and
//               in a session of its own
//   endings escape FD                  is such a test; each of its processes writes a byte to FD
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr int k_processes = 50;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "endings: cannot %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

// For a minute at most, if nothing ends it.
[[noreturn]] void stay(int told) {
  alarm(60);
  if (write(told, "+", 1) != 1) _exit(1);
  while (true) pause();
}

[[noreturn]] void be_group(int told) {
  setpgid(0, 0);
  for (int i = 0; i < k_processes; ++i) {
    if (fork() == 0) stay(told);
  }
  stay(told);
}

[[noreturn]] void escape(int told) {
  for (int i = 0; i < k_processes; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      setsid();
      if (fork() != 0) _exit(0);
      stay(told);
    }
    waitpid(child, nullptr, 0);
  }
  stay(told);
}

struct Begun {
  pid_t pid = -1;
  int there = -1;  // gets a byte from each process
};

template <typename Body>
Begun begin(Body body) {
  int ends[2];
  if (pipe(ends) != 0) fail("make a pipe");
  const pid_t pid = fork();
  if (pid < 0) fail("fork");
  if (pid == 0) {
    close(ends[0]);
    body(ends[1]);
  }
  close(ends[1]);
  return {pid, ends[0]};
}

void wait_until_complete(const Begun& begun, int count) {
  char byte = 0;
  for (int i = 0; i < count; ++i) {
    if (read(begun.there, &byte, 1) != 1) fail("see every process begin");
  }
}

// All processes that this ends become our children, as orphans.
double microseconds_to_end(pid_t target, pid_t main) {
  const auto began = std::chrono::steady_clock::now();
  if (kill(target, SIGTERM) != 0) fail("send a signal");
  if (target > 0) {
    waitpid(main, nullptr, 0);
  } else {
    for (int left = k_processes + 1; left > 0; --left) waitpid(-1, nullptr, 0);
  }
  const auto took = std::chrono::steady_clock::now() - began;
  return std::chrono::duration<double, std::micro>(took).count();
}

void measure_plain() {
  const Begun begun = begin([](int told) { be_group(told); });
  wait_until_complete(begun, k_processes + 1);
  std::printf("plain\t%.1f\t0\n", microseconds_to_end(-begun.pid, begun.pid));
  close(begun.there);
}

void measure_launcher(const char* launcher, const char* self) {
  const Begun begun = begin([&](int told) {
    const int null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    const std::string number = std::to_string(told);
    execl(launcher, launcher, "--", self, "escape", number.c_str(), nullptr);
    _exit(127);
  });
  wait_until_complete(begun, k_processes + 1);
  std::printf("launcher\t%.1f\t0\n", microseconds_to_end(begun.pid, begun.pid));
  close(begun.there);
}

std::vector<pid_t> start_bystanders(int count) {
  std::vector<pid_t> all;
  for (int i = 0; i < count; ++i) {
    const pid_t pid = fork();
    if (pid < 0) fail("start a bystander");
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
      while (true) pause();
    }
    all.push_back(pid);
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "escape") == 0) escape(std::atoi(argv[2]));
  if (argc != 4) return 2;
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  const std::vector<pid_t> bystanders = start_bystanders(std::atoi(argv[2]));
  for (int round = 0; round < std::atoi(argv[1]); ++round) {
    measure_plain();
    measure_launcher(argv[3], argv[0]);
  }
  for (pid_t pid : bystanders) kill(pid, SIGKILL);
}
