#include "anchor.hpp"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "own_handlers.hpp"
#include "worker.h"

namespace holdfast {
namespace gtest_support {
namespace {

// Headers may be older than the kernel. The numbers are the same on every architecture.
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

// How the case ended, in fields of the protocol.
struct End {
  long long status = 0;
  long long user_us = 0;
  long long system_us = 0;
  long long peak_kb = 0;
};

long long microseconds(const timeval& time) {
  return static_cast<long long>(time.tv_sec) * 1000000 + time.tv_usec;
}

// Field 22 of this process's /proc/<pid>/stat. Fields are counted from the last ')', because the
// name before it may hold blanks and parentheses.
long long own_start() {
  char text[1024];
  const Descriptor file(::open("/proc/self/stat", O_RDONLY | O_CLOEXEC));
  const ssize_t size = file.valid() ? ::read(file.get(), text, sizeof text - 1) : 0;
  text[size > 0 ? size : 0] = '\0';
  const char* at = strrchr(text, ')');
  for (int field = 2; field < 22 && at != nullptr; ++field) at = strchr(at + 1, ' ');
  return at == nullptr ? 0 : atoll(at + 1);
}

// For a system where close_range(2) is refused (seccomp) or absent. Closing a descriptor does not
// change the order in which the kernel lists the later ones.
void close_each_but(int kept) {
  DIR* directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return;
  const int own = ::dirfd(directory);
  while (const dirent* entry = ::readdir(directory)) {
    const int number = atoi(entry->d_name);
    if (number > STDERR_FILENO && number != kept && number != own) ::close(number);
  }
  ::closedir(directory);
}

// Closes everything but the report socket. The end of the leftovers may take long, and nobody is to
// wait for an output that this process still holds open.
void let_go_of_everything_but(int report) {
  const int nowhere = ::open("/dev/null", O_RDWR);
  for (int number = 0; number <= STDERR_FILENO; ++number) ::dup2(nowhere, number);
  const unsigned first = STDERR_FILENO + 1;
  const unsigned kept = static_cast<unsigned>(report);
  if ((kept > first && ::syscall(k_close_range, first, kept - 1, 0U) != 0) ||
      ::syscall(k_close_range, kept + 1, ~0U, 0U) != 0) {
    close_each_but(report);
  }
  // The current directory could not be unmounted until then.
  (void)!::chdir("/");
}

[[noreturn]] void become_launcher(const Anchor& anchor, const char* grace_ms, pid_t child,
                                  const char* first_signal, const End& end) {
  let_go_of_everything_but(anchor.report.get());
  ::fcntl(anchor.report.get(), F_SETFD, 0);
  const long long numbers[] = {anchor.report.get(), child,         end.status,
                               end.user_us,         end.system_us, end.peak_kb};
  char room[6][k_number_size];
  const char* text[6];
  for (int i = 0; i < 6; ++i) text[i] = decimal(numbers[i], room[i]);
  const char* words[] = {anchor.launcher, HOLDFAST_WORKER_ANCHOR_OPTION,
                         text[0],         grace_ms,
                         text[1],         first_signal,
                         text[2],         text[3],
                         text[4],         text[5],
                         nullptr};
  ::execv(anchor.launcher, const_cast<char* const*>(words));
  // exec hears of no end then: it ends what is left when it ends the whole attempt.
  ::_exit(1);
}

// Waits until the case has ended, and reaps it. Does not return if exec orders to end the case.
End wait_for(pid_t child, const Anchor& anchor) {
  const Descriptor watched(static_cast<int>(::syscall(k_pidfd_open, child, 0U)));
  pollfd news[] = {{watched.get(), POLLIN, 0}, {anchor.report.get(), POLLIN, 0}};
  while (watched.valid()) {
    if (::poll(news, 2, -1) < 0) continue;
    if (news[0].revents != 0) break;
    Packet order;
    receive(anchor.report.get(), order);
    if (order.fields == 3 && order.is(HOLDFAST_WORKER_TERMINATE)) {
      become_launcher(anchor, order.at[2], child, order.at[1], End());
    }
    // exec is gone. Others will end this whole process tree; until then the case goes on.
    news[1].fd = -1;
  }
  int status = 0;
  rusage usage;
  memset(&usage, 0, sizeof usage);
  while (::wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  End end;
  end.status = status;
  end.user_us = microseconds(usage.ru_utime);
  end.system_us = microseconds(usage.ru_stime);
  end.peak_kb = usage.ru_maxrss;
  return end;
}

bool anybody_is_left() {
  pid_t ended = 0;
  do {
    ended = ::waitpid(-1, nullptr, WNOHANG);
  } while (ended > 0 || (ended < 0 && errno == EINTR));
  return ended == 0;
}

const char* name_of_end(int said) {
  switch (said - 1) {
    case HOLDFAST_WORKER_CASE_PASSED:
      return HOLDFAST_WORKER_PASSED;
    case HOLDFAST_WORKER_CASE_FAILED:
      return HOLDFAST_WORKER_FAILED;
    case HOLDFAST_WORKER_CASE_SKIPPED:
      return HOLDFAST_WORKER_SKIPPED;
    default:
      return HOLDFAST_WORKER_UNSAID;
  }
}

CaseWords* shared_words() {
  void* page =
      ::mmap(nullptr, sizeof(CaseWords), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? nullptr : static_cast<CaseWords*>(page);
}

// Waits until the case has ended. Returns if nothing of it is left; else this process becomes the
// launcher.
void see_to_the_end(pid_t child, const Anchor& anchor) {
  const End end = wait_for(child, anchor);
  const bool is_over = !anybody_is_left();
  Message message(is_over ? HOLDFAST_WORKER_OVER : HOLDFAST_WORKER_ENDED);
  message.add(end.status).add(end.user_us).add(end.system_us).add(end.peak_kb);
  message.add(name_of_end(anchor.words->said)).add(anchor.words->finished != 0 ? 1LL : 0LL);
  send(anchor.report.get(), message);
  if (!is_over) become_launcher(anchor, anchor.grace_ms, 0, "0", end);
}

// Waits for the next case. False: no more will come.
bool next_order(const Anchor& anchor, Packet& order) {
  do {
    receive(anchor.report.get(), order);
    if (order.fields == 0) return false;
    // Any other order is to end a case that has just ended.
  } while (!order.is(HOLDFAST_WORKER_RUN));
  return case_of(order) != nullptr && order.given == 2;
}

// Called in the process of a case, before it does anything else.
void say_who_it_is(const Anchor& anchor, pid_t anchor_pid) {
  Message message(HOLDFAST_WORKER_CHILD);
  message.add(anchor_pid).add(::getpid()).add(own_start());
  send(anchor.report.get(), message);
  // Yama may let only ancestors trace a process, and no ancestor takes the stacks of a case that
  // hangs.
  ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
}

const size_t k_name_size = 16;  // prctl(2): with the NUL

pid_t fork_case(const OwnHandlers& handlers, const char* name) {
  // No signal may arrive in the child before the program's own handlers are back.
  const AllBlocked until_it_is_as_it_was;
  const pid_t child = ::fork();
  if (child != 0) return child;
  handlers.restore();
  ::prctl(PR_SET_NAME, name, 0, 0, 0);
  return 0;
}

[[noreturn]] void give_up(const Anchor& anchor, const char* what) {
  fail_under_anchor(anchor.report.get(), what);
  ::_exit(0);
}

}  // namespace

void fail_under_anchor(int report, const char* what) {
  char why[128];
  snprintf(why, sizeof why, "%s: %s", what, strerror(errno));
  send(report, Message(HOLDFAST_WORKER_CHILD_FAILED).add(why));
}

const char* case_of(const Packet& order) {
  return order.fields == 3 && order.is(HOLDFAST_WORKER_RUN) ? order.at[2] : nullptr;
}

void anchor_cases(Anchor& anchor, Packet& order) {
  move_up(anchor.report);
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
    give_up(anchor, "prctl(PR_SET_CHILD_SUBREAPER)");
  }
  anchor.words = shared_words();
  if (anchor.words == nullptr) give_up(anchor, "mmap");
  char name[k_name_size] = "";
  ::prctl(PR_GET_NAME, name, 0, 0, 0);
  const OwnHandlers handlers = OwnHandlers::put_aside();
  ::prctl(PR_SET_NAME, "holdfast-anchor", 0, 0, 0);
  const pid_t own_pid = ::getpid();
  do {
    memset(anchor.words, 0, sizeof *anchor.words);
    const pid_t child = fork_case(handlers, name);
    if (child < 0) give_up(anchor, "fork");
    if (child == 0) return say_who_it_is(anchor, own_pid);
    for (Descriptor& output : order.descriptors) output.reset();
    see_to_the_end(child, anchor);
  } while (next_order(anchor, order));
  ::_exit(0);
}

}  // namespace gtest_support
}  // namespace holdfast
