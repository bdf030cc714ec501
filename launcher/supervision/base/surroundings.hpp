// What the launcher keeps an eye on all the time, whatever it is doing: signals sent to it and the
// life of the ctest that started it.
#pragma once

#include <signal.h>
#include <unistd.h>

#include "core/outcome/exit_codes.hpp"
#include "os/file/unique_fd.hpp"
#include "os/signal/signal_queue.hpp"
#include "os/signal/signals.hpp"
#include "supervision/base/invocation.hpp"

namespace holdfast::supervision {

struct Surroundings {
  os::CallersSignals callers;
  os::SignalQueue signals;
  os::UniqueFd parent;        // ctest's pidfd; invalid: nobody whose death would end the test
  pid_t parent_pid = 0;       // its number, where it is our parent; else 0
  bool parent_gone = false;   // it died before we looked
  bool parent_tells = false;  // by SIGUSR1, that the test's limit is over

  bool tells_limit(const os::ReceivedSignal& got) const {
    return parent_tells && got.number == SIGUSR1 && got.sender == ::getppid();
  }
};

// To be called with signals taken already.
Result<Surroundings> look_around(const Invocation& invocation, const os::CallersSignals& callers);

// For one that waits with nothing to pass signals on to: takes what has come, stops as it is told,
// and returns the first signal that ends tests; 0: none has come.
int next_ending_signal(Surroundings& around);

}  // namespace holdfast::supervision
