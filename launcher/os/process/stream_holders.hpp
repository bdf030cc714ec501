// Who has a test's output open: whoever reads it to its end waits for them.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <vector>

#include "os/process/process_set.hpp"

namespace holdfast::os {

// A pipe or a socket, whichever descriptor it is reached by.
struct Stream {
  dev_t device = 0;
  ino_t inode = 0;  // 0: none, or something that nobody reads to its end

  bool is_there() const { return inode != 0; }
};

Stream stream_of(int fd);
// That `process` has as `fd`.
Stream stream_of(pid_t process, int fd);

// Whether the process has one of them open.
bool holds_stream(pid_t process, const std::vector<Stream>& streams);

// All that have it open but these, as far as they may be looked at.
std::vector<NamedProcess> holders_of(const Stream& stream, const std::vector<pid_t>& but);

}  // namespace holdfast::os
