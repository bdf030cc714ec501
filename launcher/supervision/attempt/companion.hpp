// Who looks after more than the life of one attempt's process tree: reads what it prints, hears
// what it says, sets a limit to parts of it. The supervisor's loop asks it at each turn; a plain
// attempt has none.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/duration.hpp"

namespace holdfast::supervision {

class Companion {
 public:
  // What it waits for, appended for poll(2).
  virtual void add_descriptors(std::vector<pollfd>& fds) = 0;
  // After poll(2) has returned, for whatever reason; never waits.
  virtual void look() = 0;
  // Whether on_main_started() is wanted as soon as it does: the guard says it, by a packet.
  virtual bool wants_start() const { return true; }
  // The test's main process runs. 0: it has no number here (a PID namespace).
  virtual void on_main_started(pid_t main) = 0;
  // When the part that goes on takes too long, on the clock of
  // monotonic_now(); k_longest: never. Not asked while the test is paused.
  virtual Milliseconds deadline() = 0;
  // When look() is wanted though nothing has been heard of, whatever the state of the test.
  virtual Milliseconds look_at() { return k_longest; }
  // For how long, at most a second, what it waits for is not all of it: then look() is wanted.
  // 0: it waits for all.
  virtual std::chrono::nanoseconds rest() const { return std::chrono::nanoseconds{0}; }
  // Its time is over. Whether the tree is to be ended for it, after a look at the stacks.
  enum class Verdict : std::uint8_t { go_on, end_tree };
  virtual Verdict on_deadline() = 0;
  // The whole tree is being ended from here on, whatever the reason.
  virtual void on_tree_ends() {}
  // Nothing of the tree is left; its guard is still ending. What is done now takes nobody's time.
  virtual void on_tree_gone() {}
  // The test was paused for that long.
  virtual void on_pause(Milliseconds length) = 0;
  // Something of ours for the test's output: stacks.
  virtual void tell(const std::string& text) = 0;

 protected:
  ~Companion() = default;
};

}  // namespace holdfast::supervision
