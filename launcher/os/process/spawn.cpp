// Hazards. Between vfork and exec the child shares our memory and our stack. It calls only
// async-signal-safe functions, changes two ints, and leaves by exec or _exit. It closes none of our
// descriptors before exec (tagged_processes.hpp).
#include "os/process/spawn.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "os/file/system_call.hpp"
#include "os/file/unique_fd.hpp"
#include "os/process/execute.hpp"

namespace holdfast::os {

// Changes only the soft limit, and only if we may set it. The value is a mark, not meant as a
// limit.
void take_tag(std::uint64_t tag) {
  rlimit limit{};
  if (tag == 0 || ::getrlimit(RLIMIT_LOCKS, &limit) != 0 || tag > limit.rlim_max) return;
  limit.rlim_cur = tag;
  ::setrlimit(RLIMIT_LOCKS, &limit);
}

int become(const Command& command, const CallersSignals& callers) {
  // If Yama is active, it may allow only ancestors to trace. If it is not active, the call fails
  // and is not needed.
  if (command.debugger != 0) ::prctl(PR_SET_PTRACER, command.debugger, 0, 0, 0);
  take_tag(command.tag);
  // Never lowers our nice value: the user may have made the whole run nice.
  if (command.nice > 0 && ::getpriority(PRIO_PROCESS, 0) < command.nice) {
    (void)::setpriority(PRIO_PROCESS, 0, command.nice);
  }
  if (command.output >= 0) ::dup2(command.output, STDOUT_FILENO);
  if (command.errors >= 0) ::dup2(command.errors, STDERR_FILENO);
  give_back_signals(callers);
  execute(command.arguments, command.environment);
  return errno;
}

namespace {

// struct clone_args of clone3(2) as of Linux 5.7; a C library need not bring <linux/sched.h>.
struct CloneArguments {
  std::uint64_t flags = 0, pidfd = 0, child_tid = 0, parent_tid = 0, exit_signal = 0, stack = 0,
                stack_size = 0, tls = 0, set_tid = 0, set_tid_size = 0, cgroup = 0;
};
constexpr std::uint64_t k_into_cgroup = 0x200000000;  // CLONE_INTO_CGROUP

// Starts the command in the cgroup by clone3(2), Linux 5.7. Joining the cgroup after the start
// would take milliseconds, for a grace period of RCU. Unlike after vfork, the child does not share
// our memory, so it tells the errno of exec by a pipe. False: the kernel does not support this, and
// nothing was started.
bool spawn_into_cgroup(const Command& command, const CallersSignals& callers, Spawned& spawned) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  const UniqueFd said(ends[0]);
  UniqueFd saying(ends[1]);
  CloneArguments how;
  how.flags = k_into_cgroup;
  how.exit_signal = SIGCHLD;
  how.cgroup = static_cast<std::uint64_t>(command.cgroup);
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &how, sizeof how));
  if (pid < 0) return false;
  if (pid == 0) {
    const int error = become(command, callers);
    (void)::write(saying.get(), &error, sizeof error);
    ::_exit(127);
  }
  saying.reset();
  spawned = {pid, 0, 0};
  (void)retried([&] { return ::read(said.get(), &spawned.error, sizeof spawned.error); });
  return true;
}

}  // namespace

Spawned spawn(const Command& command, const CallersSignals& callers) {
  Spawned into_cgroup;
  if (command.cgroup >= 0 && spawn_into_cgroup(command, callers, into_cgroup)) return into_cgroup;
  // The child shares our memory and writes the errno of exec here, so no pipe is needed.
  volatile int error = 0;
  volatile int entrance_error = 0;
  const pid_t pid = ::vfork();
  if (pid < 0) return {-1, errno};
  if (pid == 0) {
    if (command.entrance >= 0 && ::write(command.entrance, "0", 1) < 0) {
      entrance_error = errno;
      if (command.must_enter) ::_exit(127);
    }
    error = become(command, callers);
    ::_exit(127);
  }
  return {pid, error, entrance_error};
}

}  // namespace holdfast::os
