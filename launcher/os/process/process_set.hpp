// The processes that are to be ended: descendants, or other processes known by their tags.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <string>
#include <vector>

namespace holdfast::os {

// A process as messages name it.
struct NamedProcess {
  pid_t pid = 0;
  std::string name;
};

class ProcessSet {
 public:
  // Sends `signal` once to every member that can be found.
  virtual void signal_all(int signal) = 0;
  // Asks every member to end: sends `signal`, then SIGCONT, without which a stopped process could
  // not take it. To be overridden where one look at the members can serve both.
  virtual void ask_to_end(int signal) {
    signal_all(signal);
    signal_all(SIGCONT);
  }
  // Whether nobody is left. Notes which members have ended, and reaps our children.
  virtual bool is_empty() = 0;
  // Members that live.
  virtual std::vector<NamedProcess> living() = 0;
  // Descriptors, one of which becomes readable when a member ends. Valid until the next call.
  virtual std::vector<int> news() = 0;
  // Makes what was readable unreadable again.
  virtual void hear_news() = 0;

 protected:
  ~ProcessSet() = default;
};

}  // namespace holdfast::os
