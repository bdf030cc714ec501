// Job control: the launcher stops as its test does and is continued with it, so that the shell sees
// the job stop and go on. Stops can follow one another faster than they are told.
#pragma once

#include "launcher/guard_messages.hpp"
#include "launcher/guard_process.hpp"

namespace holdfast::launcher {

class SharedStops {
 public:
  explicit SharedStops(GuardProcess& guard) : guard_(guard) {}

  // Stops this process by `signal`, as the main process is; returns when it is continued.
  void stop_as_test(int signal);
  // For one that was told to stop: whether it has been told to go on since, and so has the tree.
  bool go_on_as_told();
  // To the tree.
  void forward(int signal);

  // What the guard has told since the last call.
  struct News {
    bool continued = false;
    int stopped_by = 0;  // after it was continued; 0: it was not stopped
  };
  News news();

 private:
  GuardProcess& guard_;
  MainStop last_;
  MainStop woken_by_;  // the stop that we stopped for, until the SIGCONT that ended it is read
};

}  // namespace holdfast::launcher
