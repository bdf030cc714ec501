// A companion looks after more than the life of one attempt's process tree: it reads output, hears
// messages and limits the time of parts. The supervisor's loop asks the companion at each turn.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "os/file/wait.hpp"

namespace holdfast::supervision {

// This base class is the companion of a plain attempt: it waits for nothing and limits nothing.
class Companion {
 public:
  // Adds the descriptors that the companion waits for, and the time at which look() is to be called
  // even without news. Also called while the test is paused.
  virtual void join(os::Wait& /*wait*/) {}
  // Called after each wait. Must not wait.
  virtual void look() {}
  // True: the companion wants on_main_started() at once. The guard then sends a packet for that.
  virtual bool wants_start() const { return false; }
  // The test's main process runs. `main` is its number; 0: it has no number here (a PID namespace).
  virtual void on_main_started(pid_t /*main*/) {}
  // Returns the time at which the limit of the running part is over, on the clock of
  // monotonic_now(); k_longest: never. Not called while the test is paused.
  virtual Milliseconds deadline() { return k_longest; }
  // Returns how long the wait may be, less than a second, because the companion also waits for
  // something that its descriptors do not show. 0: the companion waits for no such thing.
  virtual std::chrono::nanoseconds rest() const { return std::chrono::nanoseconds{0}; }
  // Called when the deadline has passed. Returns whether the tree is to be ended for that reason.
  // With end_tree, stacks are taken first.
  enum class Verdict : std::uint8_t { go_on, end_tree, end_without_stacks };
  virtual Verdict on_deadline() { return Verdict::go_on; }
  // Called when the whole tree begins to be ended, for whatever reason.
  virtual void on_tree_ends() {}
  // Nothing of the tree is left. The guard is still ending, so work that is done here delays
  // nobody.
  virtual void on_tree_gone() {}
  // The test was paused for `length`.
  virtual void on_pause(Milliseconds /*length*/) {}
  // Puts text of ours (stacks) into the test's output. For a plain attempt that is our stderr. Text
  // that nobody reads within 200 ms is dropped.
  virtual void tell(const std::string& text);

 protected:
  ~Companion() = default;
};

// Returns the companion of plain attempts. It has no state, so any number of attempts may share it.
Companion& no_companion();

}  // namespace holdfast::supervision
