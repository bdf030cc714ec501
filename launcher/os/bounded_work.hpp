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

#include "core/duration.hpp"
#include "core/result.hpp"
#include "os/unique_fd.hpp"

namespace holdfast::os {

struct BoundedOrder {
  // Either a command, [0] looked up in our own PATH,
  std::vector<std::string> words;
  // or this, in a process of its own: what it returns is the output; of an error the message, and
  // the exit code is 1. Must not count on threads.
  std::function<Result<std::string>()> work;
  std::vector<std::string> environment;  // `NAME=VALUE`, all of it; of a command
  std::string directory;                 // empty: ours; of a command
  Milliseconds time{0};
  std::size_t most_output = 64 * 1024;  // more is read and dropped
  bool errors_apart = false;            // stderr into `errors`, not among the output
};

struct BoundedEnd {
  enum class Kind : std::uint8_t {
    exited,
    signalled,
    too_late,     // the time was over; it has been ended
    not_started,  // `code` is errno
  };
  Kind kind = Kind::not_started;
  int code = 0;
  std::string output;
  std::string errors;       // its first 4 KiB
  bool output_cut = false;  // there was more
};

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
