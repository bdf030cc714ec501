#include "supervision/base/surroundings.hpp"

#include <signal.h>
#include <unistd.h>

#include "os/file/descriptors.hpp"
#include "os/process/process.hpp"

namespace holdfast::supervision {

Result<Surroundings> look_around(const Invocation& invocation, const os::CallersSignals& callers) {
  Result<os::SignalQueue> signals = os::SignalQueue::open();
  if (!signals) return signals.error();
  Surroundings around{callers, std::move(*signals), {}};
  if (Result<void> filled = os::fill_closed_streams(around.signals.descriptor()); !filled) {
    return filled.error();
  }
  // Only what ctest starts ends with its parent: `holdfast run … &` must outlive the shell.
  if (!invocation.attach) return around;
  const ProcessName& ctest = invocation.attach->ctest;
  // Usually ctest is our parent: then its pid cannot mean another process, and one look is enough.
  // Pid 1 proves nothing: the first process of a container is also the parent of every orphan, and
  // every PID namespace has a pid 1.
  const bool is_parent = ctest.pid != 1 && ::getppid() == ctest.pid;
  Result<os::UniqueFd> parent = is_parent ? os::watch_parent(ctest.pid) : os::watch_process(ctest);
  if (parent) {
    around.parent = std::move(*parent);
    if (is_parent) around.parent_pid = ctest.pid;
    around.parent_tells = invocation.limits.tells && ::getppid() == ctest.pid;
  } else {
    around.parent_gone = true;
  }
  return around;
}

int next_ending_signal(Surroundings& around) {
  for (os::ReceivedSignal got = around.signals.next(); got.number != 0;
       got = around.signals.next()) {
    if (around.callers.ignores(got.number)) continue;
    switch (got.number) {
      case SIGHUP:
      case SIGINT:
      case SIGQUIT:
      case SIGTERM:
        return got.number;
      case SIGUSR1:
        if (around.tells_limit(got)) return got.number;
        continue;
      case SIGTSTP:
      case SIGTTIN:
      case SIGTTOU:
        (void)around.signals.stop_by(got.number);
        break;
      default:
        break;
    }
  }
  return 0;
}

}  // namespace holdfast::supervision
