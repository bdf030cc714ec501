// Finds the processes that have a test's output open. Whoever reads the output to its end waits for
// them.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <vector>

#include "os/process/process_set.hpp"

namespace holdfast::os {

// A pipe or a socket. Different descriptors can lead to the same one.
struct Stream {
  dev_t device = 0;
  ino_t inode = 0;  // 0: there is no stream, or it is a file, whose end nobody waits for

  bool is_there() const { return inode != 0; }
  friend bool operator==(const Stream&, const Stream&) = default;
};

Stream stream_of(int fd);
// Returns the stream that `process` has as `fd`.
Stream stream_of(pid_t process, int fd);

// True: the process has one of the streams open.
bool holds_stream(pid_t process, const std::vector<Stream>& streams);

// True: we may not look at what the process has open, and it runs as `user` (uid, of any kind). The
// kernel hides that of processes that are not dumpable, prctl(2): their files have capabilities, or
// they protect a secret, as ssh-agent does.
bool may_hold_unseen(pid_t process, unsigned user);

// Returns all processes except `but` that have the stream open, as far as we may look at them.
std::vector<NamedProcess> holders_of(const Stream& stream, const std::vector<pid_t>& but);

}  // namespace holdfast::os
