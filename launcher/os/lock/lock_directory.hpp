// Finds the directory with the files of one lock, and keeps those files in place.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"
#include "values/lock_spec.hpp"

namespace holdfast::os {

// The order in which processes wait for one lock. docs/reference/lock-files.md describes the
// format.
//
// Each newcomer write-locks one byte of the queue file. The position of the byte is the newcomer's
// ticket: its time of arrival in nanoseconds. The process that can read-lock all bytes before its
// own byte is the head of the queue. These read locks also keep out any newcomer with an earlier
// ticket. A stopped waiter keeps its place, and a killed one vanishes.

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

struct LockDirectory {
  UniqueFd directory;
  unsigned file_mode = 0600;
  // The user's directory, locked by a shared flock(2): systemd-tmpfiles(8) skips what is below a
  // locked directory. Invalid for a lock in the machine's directory, which nobody cleans.
  UniqueFd shelter;
};

// Opens the lock's directory, and makes what is missing. Refuses a directory into which another
// user could put something. If `attempt` is not empty, it is an attempt that holds the lock, and
// this function opens the directory in which runs inside that attempt take the lock.
Result<LockDirectory> open_lock_directory(const LockSpec& spec, const LockHome& home,
                                          const std::string& attempt);

// Returns the name that the directory for runs inside `attempt` has in the lock's directory.
std::string level_directory(const std::string& attempt);

// Removes such a directory, `name` in `parent`, unless anybody has or wants the lock in it.
void remove_level(const UniqueFd& parent, const std::string& name);

// Opens a file that processes lock, and makes the file if it is missing. A new file gets a second
// name (`<name>.spare`) in the same directory. If somebody removes the first name, the next process
// puts it back by the second name. Without a second name that process would make another file, and
// two processes could hold the lock.
Result<UniqueFd> open_lock_file(const UniqueFd& directory, const std::string& name, unsigned mode);

// True: `file` is still the file of that name.
bool has_name(const UniqueFd& file, const UniqueFd& directory, const std::string& name);

// True: `file` has the name, or can get it back because no file has it now. Nobody can then hold
// another file of that name.
bool is_found_by(const UniqueFd& file, const UniqueFd& directory, const std::string& name);

}  // namespace holdfast::os
