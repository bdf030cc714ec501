// Holds back the signals that end a command, so that it can first remove what is half done.
#pragma once

#include "os/signal/signals.hpp"

namespace holdfast::os {

// From its construction to its destruction SIGHUP, SIGINT, SIGQUIT, SIGTERM and SIGXFSZ do not end
// this process; those that came do so at the destruction. A signal that was blocked or ignored
// before is left alone: it would not have ended the process. The process must have one thread.
class HeldSignals {
 public:
  HeldSignals();
  ~HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  // True: this process is to end as soon as it can.
  bool came() const;

 private:
  SignalSet held_ = 0;
};

}  // namespace holdfast::os
