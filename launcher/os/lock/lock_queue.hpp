// The order of those who wait for one lock. docs/reference/lock-files.md is the format.
//
// Who comes write-locks one byte of the queue file, the byte being the time of arrival in
// nanoseconds: the ticket. The head of the queue is who can read-lock all bytes before its own,
// which also keeps out whoever comes with an earlier one. A stopped waiter keeps its place, a
// killed one vanishes.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

class LockQueue {
 public:
  LockQueue() = default;
  explicit LockQueue(UniqueFd file) : file_(std::move(file)) {}

  // Draws a ticket: the time, or the next one after all others where who is at the head has a later
  // clock (time_namespaces(7)).
  Result<void> join();
  // Whether ours is the lowest; then nobody can come before us until we leave.
  bool is_head() const;
  // Blocks until it is. False: a signal came (EINTR), or the file system cannot do it (errno).
  bool wait_for_head() const;
  // Lets the next come forward; explicitly, since other processes have copies of our descriptor.
  void leave() const;

  std::int64_t ticket() const { return ticket_; }
  // Of the others, in order.
  std::vector<std::int64_t> tickets() const;

 private:
  UniqueFd file_;
  std::int64_t ticket_ = 0;
};

}  // namespace holdfast::os
