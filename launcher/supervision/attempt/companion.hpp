// A companion looks after more than the life of one attempt's process tree: it reads output, hears
// messages, sets limits to parts. The supervisor's loop asks it each turn.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/duration.hpp"

namespace holdfast::supervision {

// This base class is the companion of a plain attempt: it waits for nothing and limits nothing.
class Companion {
 public:
  // Appends what it waits for, for poll(2).
  virtual void add_descriptors(std::vector<pollfd>& /*fds*/) {}
  // Called whenever poll(2) has returned; never waits.
  virtual void look() {}
  // Whether it wants on_main_started() at once, for which the guard sends a packet.
  virtual bool wants_start() const { return false; }
  // The test's main process runs. 0: it has no number here (a PID namespace).
  virtual void on_main_started(pid_t /*main*/) {}
  // When the part that is running has taken too long, on the clock of monotonic_now(); k_longest:
  // never. Not asked while the test is paused.
  virtual Milliseconds deadline() { return k_longest; }
  // When look() is wanted even without news, whatever the state of the test.
  virtual Milliseconds look_at() { return k_longest; }
  // How long, at most a second, its descriptors do not cover all that it waits for; after that it
  // wants look(). 0: they cover all.
  virtual std::chrono::nanoseconds rest() const { return std::chrono::nanoseconds{0}; }
  // Its deadline has passed. Whether the tree is to be ended for that, after stacks are taken.
  enum class Verdict : std::uint8_t { go_on, end_tree };
  virtual Verdict on_deadline() { return Verdict::go_on; }
  // From here on the whole tree is being ended, for whatever reason.
  virtual void on_tree_ends() {}
  // Nothing of the tree is left; its guard is still ending, so work done here delays nobody.
  virtual void on_tree_gone() {}
  // The test was paused for that long.
  virtual void on_pause(Milliseconds /*length*/) {}
  // Gives it text of ours for the test's output: stacks. A plain attempt's output is our stderr; a
  // reader that does not read has 200 ms.
  virtual void tell(const std::string& text);

 protected:
  ~Companion() = default;
};

// Has no state: any number of attempts may have it.
Companion& no_companion();

}  // namespace holdfast::supervision
