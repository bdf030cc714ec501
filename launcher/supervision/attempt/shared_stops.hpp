// Job control: the launcher stops and continues with its test, so that the shell sees the job stop
// and go on. Stops can follow one another faster than they are reported.
#pragma once

#include "os/signal/signals.hpp"
#include "supervision/attempt/guard_process.hpp"
#include "supervision/base/guard_messages.hpp"

namespace holdfast::supervision {

class SharedStops {
 public:
  SharedStops(GuardProcess& guard, os::SignalQueue& signals) : guard_(guard), signals_(signals) {}

  // Stops this process by `signal`, which has stopped the main process. Returns when this process
  // is continued. False: this process was told to stop and then to continue.
  [[nodiscard]] bool stop_as_test(int signal);
  // Passes an order of kind `forward` to the tree.
  void forward(GuardOrder order);

  // What the guard has reported about the main process since the last call of news().
  struct News {
    bool continued = false;
    int stopped_by = 0;  // after `continued`, if that is set; 0: not stopped
  };
  News news();

 private:
  GuardProcess& guard_;
  os::SignalQueue& signals_;
  MainStop last_;
  MainStop woken_by_;  // our latest stop, until the SIGCONT that ended it is read
};

}  // namespace holdfast::supervision
