// The order in which processes wait for one lock. docs/reference/lock-files.md describes the
// format.
//
// Each newcomer write-locks one byte of the queue file. The position of the byte is the newcomer's
// ticket: its time of arrival in nanoseconds. The process that can read-lock all bytes before its
// own byte is the head of the queue. These read locks also keep out any newcomer with an earlier
// ticket. A stopped waiter keeps its place, and a killed one vanishes.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::os {

class LockQueue {
 public:
  LockQueue() = default;
  explicit LockQueue(UniqueFd file) : file_(std::move(file)) {}

  // Draws a ticket, which is the time. If the head's clock is ahead of ours (time_namespaces(7)),
  // draws the number after all other tickets.
  Result<void> join();
  // True: our ticket is the lowest. In this case nobody can come before us until we leave.
  bool is_head() const;
  // Blocks until our ticket is the lowest. False, with errno: a signal came, or the file system
  // cannot do this.
  bool wait_for_head() const;
  // Lets the next process become head. It is not enough to close the file, because other processes
  // have copies of our descriptor.
  void leave() const;

  std::int64_t ticket() const { return ticket_; }
  int file() const { return file_.get(); }
  // Returns the tickets of the other processes, in order.
  std::vector<std::int64_t> tickets() const;

 private:
  UniqueFd file_;
  std::int64_t ticket_ = 0;
};

}  // namespace holdfast::os
