#include "anchor.hpp"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <holdfast/worker_protocol.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "packets.hpp"

namespace holdfast {
namespace gtest_support {
namespace {

// The numbers are those of every architecture; headers may be older than the kernel.
#ifdef SYS_pidfd_open
const long k_pidfd_open = SYS_pidfd_open;
#else
const long k_pidfd_open = 434;
#endif
#ifdef SYS_close_range
const long k_close_range = SYS_close_range;
#else
const long k_close_range = 436;
#endif

// How the case ended, as the protocol has it.
struct End {
  std::string status = "0";
  std::string user_us = "0";
  std::string system_us = "0";
  std::string peak_kb = "0";
};

std::string microseconds(const timeval& time) {
  return std::to_string(static_cast<long long>(time.tv_sec) * 1000000 + time.tv_usec);
}

// Field 22 of /proc/<pid>/stat; fields are counted from the last ')', as a name may hold some.
std::string start_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  std::string::size_type at = text.rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = text.find(' ', at + 1);
  if (at == std::string::npos) return "0";
  return text.substr(at + 1, text.find(' ', at + 1) - at - 1);
}

// Where close_range(2) is refused (seccomp) or absent.
void close_each_but(int kept) {
  std::vector<int> numbers;
  if (DIR* directory = ::opendir("/proc/self/fd")) {
    while (const dirent* entry = ::readdir(directory)) {
      const int number = atoi(entry->d_name);
      if (number > STDERR_FILENO && number != kept) numbers.push_back(number);
    }
    ::closedir(directory);
  }
  for (const int number : numbers) ::close(number);
}

// Everything but the report socket: whoever waits for the end of an output waits for the case
// alone.
void let_go_of_everything_but(int report) {
  const int nowhere = ::open("/dev/null", O_RDWR);
  for (int number = 0; number <= STDERR_FILENO; ++number) ::dup2(nowhere, number);
  const unsigned first = STDERR_FILENO + 1;
  const unsigned kept = static_cast<unsigned>(report);
  if ((kept > first && ::syscall(k_close_range, first, kept - 1, 0U) != 0) ||
      ::syscall(k_close_range, kept + 1, ~0U, 0U) != 0) {
    close_each_but(report);
  }
  // Its directory would be busy for as long as the case's is.
  (void)!::chdir("/");
}

// A handler that start-up set is for the program, and would run in the anchor as well.
void reset_handlers() {
  for (int number = 1; number <= SIGRTMAX; ++number) {
    struct sigaction action;
    if (::sigaction(number, nullptr, &action) != 0) continue;
    // Ignored, SIGCHLD would take the case's end away from waitpid(2).
    const bool caught = (action.sa_flags & SA_SIGINFO) != 0 ||
                        (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
    if (caught || (number == SIGCHLD && action.sa_handler == SIG_IGN)) ::signal(number, SIG_DFL);
  }
}

[[noreturn]] void become_launcher(const Anchor& anchor, const std::string& grace_ms,
                                  const std::string& child, const std::string& first_signal,
                                  const End& end) {
  ::fcntl(anchor.report, F_SETFD, 0);
  std::string words[] = {anchor.launcher,
                         HOLDFAST_WORKER_ANCHOR_OPTION,
                         std::to_string(anchor.report),
                         grace_ms,
                         child,
                         first_signal,
                         end.status,
                         end.user_us,
                         end.system_us,
                         end.peak_kb};
  const std::size_t count = sizeof words / sizeof *words;
  char* arguments[count + 1];
  for (std::size_t i = 0; i < count; ++i) arguments[i] = &words[i][0];
  arguments[count] = nullptr;
  ::execv(arguments[0], arguments);
  // Nobody says that it is over: exec ends what is left with the whole attempt.
  ::_exit(1);
}

// Waits until the case has ended and waits for it. An order to end it does not return.
End wait_for(pid_t child, const Anchor& anchor) {
  const Descriptor watched(static_cast<int>(::syscall(k_pidfd_open, child, 0U)));
  pollfd news[] = {{watched.get(), POLLIN, 0}, {anchor.report, POLLIN, 0}};
  while (watched.valid()) {
    if (::poll(news, 2, -1) < 0) continue;
    if (news[0].revents != 0) break;
    const Fields order = receive(anchor.report).fields;
    if (order.size() == 3 && order[0] == HOLDFAST_WORKER_TERMINATE) {
      become_launcher(anchor, order[2], std::to_string(child), order[1], End());
    }
    // Without exec somebody else ends us all; until then the case goes on.
    news[1].fd = -1;
  }
  int status = 0;
  rusage usage;
  memset(&usage, 0, sizeof usage);
  while (::wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  End end;
  end.status = std::to_string(status);
  end.user_us = microseconds(usage.ru_utime);
  end.system_us = microseconds(usage.ru_stime);
  end.peak_kb = std::to_string(usage.ru_maxrss);
  return end;
}

bool anybody_is_left() {
  pid_t ended = 0;
  do {
    ended = ::waitpid(-1, nullptr, WNOHANG);
  } while (ended > 0 || (ended < 0 && errno == EINTR));
  return ended == 0;
}

[[noreturn]] void watch(pid_t child, const Anchor& anchor, Descriptor go) {
  ::prctl(PR_SET_NAME, "holdfast-anchor", 0, 0, 0);
  reset_handlers();
  send_fields(anchor.report, Fields{HOLDFAST_WORKER_CHILD, std::to_string(::getpid()),
                                    std::to_string(child), start_of(child)});
  (void)!::write(go.get(), "", 1);
  go.reset();
  let_go_of_everything_but(anchor.report);
  const End end = wait_for(child, anchor);
  send_fields(anchor.report,
              Fields{HOLDFAST_WORKER_ENDED, end.status, end.user_us, end.system_us, end.peak_kb});
  if (anybody_is_left()) become_launcher(anchor, anchor.grace_ms, "0", "0", end);
  send_fields(anchor.report, Fields{HOLDFAST_WORKER_GONE, "0"});
  ::_exit(0);
}

}  // namespace

void fail_under_anchor(int report, const char* what) {
  const std::string why = std::string(what) + ": " + strerror(errno);
  send_fields(report, Fields{HOLDFAST_WORKER_CHILD_FAILED, why});
}

bool fork_under_anchor(const Anchor& anchor) {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
    fail_under_anchor(anchor.report, "prctl(PR_SET_CHILD_SUBREAPER)");
    return false;
  }
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    fail_under_anchor(anchor.report, "pipe2");
    return false;
  }
  Descriptor wait(ends[0]);
  Descriptor go(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) {
    fail_under_anchor(anchor.report, "fork");
    return false;
  }
  if (child != 0) {
    wait.reset();
    watch(child, anchor, static_cast<Descriptor&&>(go));
  }
  go.reset();
  // Until exec knows which process is the case. The pipe's end: the anchor is gone.
  char byte = 0;
  ssize_t got = 0;
  do {
    got = ::read(wait.get(), &byte, 1);
  } while (got < 0 && errno == EINTR);
  if (got != 1) ::_exit(1);
  // Where Yama lets only ancestors look: stacks of what hangs are taken by a process that is none.
  ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
  return true;
}

}  // namespace gtest_support
}  // namespace holdfast
