// Hazards. Between vfork and exec the child shares our memory and our stack: it calls nothing but
// async-signal-safe functions, changes one int, and leaves by exec or _exit.
#include "os/spawn.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

namespace holdfast::os {

int become(const Command& command, const CallersSignals& callers) {
  // Where Yama lets a process be traced by its ancestors only; refused, and not needed, elsewhere.
  if (command.debugger != 0) ::prctl(PR_SET_PTRACER, command.debugger, 0, 0, 0);
  if (command.tag != 0) {
    rlimit limit{};
    // Only the soft one, and only where it may be set: it is a mark, not a limit.
    if (::getrlimit(RLIMIT_LOCKS, &limit) == 0 && command.tag <= limit.rlim_max) {
      limit.rlim_cur = command.tag;
      ::setrlimit(RLIMIT_LOCKS, &limit);
    }
  }
  give_back_signals(callers);
  ::execvpe(command.arguments[0], command.arguments, command.environment);
  return errno;
}

Spawned spawn(const Command& command, const CallersSignals& callers) {
  // Written by the child in memory that is ours too: what exec said, without a pipe.
  volatile int error = 0;
  const pid_t pid = ::vfork();
  if (pid < 0) return {-1, errno};
  if (pid == 0) {
    error = become(command, callers);
    ::_exit(127);
  }
  return {pid, error};
}

}  // namespace holdfast::os
