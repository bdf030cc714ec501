// Descriptors that a process inherited, or did not inherit.
#pragma once

#include <vector>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// Closes every descriptor but these, which may be in any order; numbers below 0 are ignored. An
// object that owns a closed descriptor must be told to release it.
void close_all_but(std::vector<int> kept);

// Makes stdin, stdout and stderr /dev/null, so that nobody waits for the end of our output.
void leave_standard_streams();

// Raises the soft limit of descriptors, which may be as low as select(2) needs it.
void allow_many_descriptors();

// Whether `fd` is a pipe that nobody reads any more, so that a write to it raises SIGPIPE. pipe(7)
bool has_lost_its_reader(int fd);

// Opens /dev/null as stdin, stdout and stderr where the caller closed them. Otherwise a later
// descriptor, such as a lock's file, could get the number of stderr and be written to. This holds
// for this process alone; the test finds them closed. `first` is the first descriptor that this
// process opened and keeps. It has one of the three numbers if any is free, and gets another.
Result<void> fill_closed_streams(UniqueFd& first);

}  // namespace holdfast::os
