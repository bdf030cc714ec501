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
  // Asks every member to end: sends `signal`, then SIGCONT because a stopped process cannot take
  // `signal`. To be overridden if one look at the members can serve for both signals.
  virtual void ask_to_end(int signal) {
    signal_all(signal);
    signal_all(SIGCONT);
  }
  // True: no member is left. Notes which members have ended, and reaps those that are our children.
  virtual bool is_empty() = 0;
  // Returns the members that live.
  virtual std::vector<NamedProcess> living() = 0;
  // Returns descriptors, valid until the next call. When a member ends, one of them becomes
  // readable.
  virtual std::vector<int> news() = 0;
  // Makes those of the descriptors that were readable unreadable again.
  virtual void hear_news() = 0;

 protected:
  ~ProcessSet() = default;
};

}  // namespace holdfast::os
