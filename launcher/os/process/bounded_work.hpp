// Runs a command, or work of our own that may hang (a dead network file system). The work runs
// beside this process and for a limited time. No process of it is left afterwards, however it ends.
//
// We fork a runner, which is a subreaper in a session of its own. The work is the runner's child.
// When the work is done, the time is over, or this process dies, the runner ends everything below
// itself by end_tree().
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "os/file/unique_fd.hpp"
#include "os/process/bounded_runner.hpp"

namespace holdfast::os {

class BoundedWork {
 public:
  // Starts the work at once.
  explicit BoundedWork(const BoundedOrder& order);
  BoundedWork(const BoundedWork&) = delete;
  BoundedWork& operator=(const BoundedWork&) = delete;
  // Makes the runner end unfinished work. Does not wait for that.
  ~BoundedWork();

  // For a poll loop: readable when go_on() has something to do. -1: the work is done.
  int fd() const { return done_ ? -1 : news_.get(); }
  // Returns the latest time for the next go_on(), on the clock of monotonic_now().
  Milliseconds deadline() const { return deadline_; }
  // Takes the output and the report that are there. Never waits. True: the work is done, and end()
  // is complete.
  bool go_on();
  bool is_done() const { return done_; }
  const BoundedEnd& end() const { return end_; }

 private:
  void start(const BoundedOrder& order);
  void fail(int error);
  void read_output();
  bool read_report();
  void finish();

  BoundedEnd end_;
  UniqueFd news_;  // epoll for output_ and report_
  UniqueFd output_;
  UniqueFd report_;  // the runner ends when this is closed, by us or by our death
  UniqueFd errors_;
  std::size_t most_output_;
  Milliseconds deadline_;
  pid_t runner_ = -1;
  bool done_ = false;
};

// Our own environment, for an order.
std::vector<std::string> own_environment();

// Waits for all of `works`, which run at the same time.
void await(const std::vector<BoundedWork*>& works);
BoundedEnd run_bounded(const BoundedOrder& order);

// What a command came to that should have ended with 0, in words, with the last line of its output;
// empty: it did.
std::string trouble_with(const std::string& command, const BoundedEnd& end);

}  // namespace holdfast::os
