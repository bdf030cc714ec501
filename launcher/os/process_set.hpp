// The processes that are to be ended: descendants, or strangers known by their tags.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace holdfast::os {

// A process as it is named to people.
struct NamedProcess {
  pid_t pid = 0;
  std::string name;
};

class ProcessSet {
 public:
  // Sends `signal` once to every member that can be found.
  virtual void signal_all(int signal) = 0;
  // Whether nobody is left; takes note of (and reaps, where they are ours) those that have ended.
  virtual bool is_empty() = 0;
  // Members that live.
  virtual std::vector<NamedProcess> living() = 0;
  // Descriptors of which one becomes readable when a member ends. Valid until the next call.
  virtual std::vector<int> news() = 0;
  // Makes what was readable unreadable again.
  virtual void hear_news() = 0;

 protected:
  ~ProcessSet() = default;
};

}  // namespace holdfast::os
