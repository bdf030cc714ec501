// A wait for descriptors, until a time: what poll(2) is asked for, and what it has said. A loop
// makes one for each of its turns, and its parts join it with what they wait for.
#pragma once

#include <poll.h>

#include <chrono>
#include <initializer_list>
#include <vector>

#include "base/duration.hpp"

namespace holdfast::os {

class Wait {
 public:
  explicit Wait(std::initializer_list<int> readable = {}, Milliseconds until = k_longest);

  // Waits for `events` of the descriptor too (poll(2)). A negative descriptor is left out.
  void on(int fd, short events = POLLIN);
  // Waits until this time on the clock of monotonic_now(). The earliest counts.
  void until(Milliseconds time);

  // Returns how many descriptors have news; 0: the time has come; negative: a signal or an error
  // ended the wait, and nothing is known of the descriptors. To be called once.
  int go();
  // Waits for at most a time of less than a second, whatever until() says.
  int go_for(std::chrono::nanoseconds time);

  // What poll(2) has said of the descriptor; 0: nothing, or nobody waits for it. Only for one that
  // has been open since then: the number of one that was closed may be that of a new one.
  short news(int fd) const;

  // Forgets all, for the next turn.
  void clear();

  // For a library that waits itself.
  const std::vector<pollfd>& descriptors() const { return descriptors_; }
  int time_left() const;  // as poll_time()

 private:
  std::vector<pollfd> descriptors_;
  Milliseconds until_;
};

// Does nothing for that time. A signal ends it.
void pause_for(Milliseconds time);

}  // namespace holdfast::os
