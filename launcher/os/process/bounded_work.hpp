// A command, or work of our own that may hang (a dead network file system), done in processes
// beside this one, within a time: whatever becomes of it, nothing of it is left.
//
// A runner is forked, a subreaper in a session of its own; the work is its child. It ends
// everything below it by end_tree() when the work is done, when the time is over, and when this
// process dies.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"
#include "os/process/bounded_order.hpp"

namespace holdfast::os {

class BoundedWork {
 public:
  // Starts at once.
  explicit BoundedWork(const BoundedOrder& order);
  BoundedWork(const BoundedWork&) = delete;
  BoundedWork& operator=(const BoundedWork&) = delete;
  // What is not done is ended, without waiting for it.
  ~BoundedWork();

  // For a poll loop: readable when go_on() has something to do; -1: it is done.
  int fd() const { return done_ ? -1 : news_.get(); }
  // When go_on() is to be called at the latest, on the clock of monotonic_now().
  Milliseconds deadline() const { return deadline_; }
  // Takes what there is, never waits. True when it is done; then end() is whole.
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
  UniqueFd news_;  // epoll of both
  UniqueFd output_;
  UniqueFd report_;  // closed by us or by our death: the runner ends
  UniqueFd errors_;
  std::size_t most_output_;
  Milliseconds deadline_;
  pid_t runner_ = -1;
  bool done_ = false;
};

// Waits for all of them, which run at the same time.
void await(const std::vector<BoundedWork*>& works);
BoundedEnd run_bounded(const BoundedOrder& order);

}  // namespace holdfast::os
