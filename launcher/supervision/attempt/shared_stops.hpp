// Job control: the launcher stops as its test does and is continued with it, so that the shell sees
// the job stop and go on. Stops can follow one another faster than they are told.
#pragma once

#include "os/signal/signal_queue.hpp"
#include "supervision/attempt/guard_process.hpp"
#include "supervision/base/guard_messages.hpp"

namespace holdfast::supervision {

class SharedStops {
 public:
  SharedStops(GuardProcess& guard, os::SignalQueue& signals) : guard_(guard), signals_(signals) {}

  // Stops this process by `signal`, as the main process is; returns when it is continued. False:
  // it was told to stop, and to go on since.
  [[nodiscard]] bool stop_as_test(int signal);
  // To the tree: an order of kind `forward`.
  void forward(GuardOrder order);

  // What the guard has told since the last call.
  struct News {
    bool continued = false;
    int stopped_by = 0;  // after it was continued; 0: it was not stopped
  };
  News news();

 private:
  GuardProcess& guard_;
  os::SignalQueue& signals_;
  MainStop last_;
  MainStop woken_by_;  // the stop that we stopped for, until the SIGCONT that ended it is read
};

}  // namespace holdfast::supervision
