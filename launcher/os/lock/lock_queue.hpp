// The order in which processes wait for one lock. docs/reference/lock-files.md is the format.
//
// Each newcomer write-locks one byte of the queue file: the byte at its time of arrival in
// nanoseconds, its ticket. The head of the queue is the one that can read-lock all bytes before its
// own. That also keeps out any newcomer with an earlier ticket. A stopped waiter keeps its place,
// and a killed one vanishes.
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

  // Draws a ticket: the time, or the number after all other tickets where the head has a later
  // clock (time_namespaces(7)).
  Result<void> join();
  // Whether our ticket is the lowest; if so, nobody can come before us until we leave.
  bool is_head() const;
  // Blocks until our ticket is the lowest. False, with errno: a signal came, or the file system
  // cannot.
  bool wait_for_head() const;
  // Lets the next one become head. Closing is not enough: others have copies of our descriptor.
  void leave() const;

  std::int64_t ticket() const { return ticket_; }
  // The tickets of the others, in order.
  std::vector<std::int64_t> tickets() const;

 private:
  UniqueFd file_;
  std::int64_t ticket_ = 0;
};

}  // namespace holdfast::os
