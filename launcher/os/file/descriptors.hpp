// What a process inherited: letting go of it, and what is missing.
#pragma once

#include <vector>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// Closes every descriptor but these, in any order; those below 0 are nobody's. What owns one of the
// closed must be told to release it.
void close_all_but(std::vector<int> kept);

// stdin, stdout and stderr: reads nothing, keeps nobody waiting for the end of what we write.
void leave_standard_streams();

// Whether it is a pipe that nobody reads any more: who writes there gets SIGPIPE. pipe(7)
bool has_lost_its_reader(int fd);

// Where the caller closed stdin, stdout or stderr: puts /dev/null there for this process alone (the
// test finds them closed), so that no later descriptor, a lock's file, is taken for stderr and
// written to. `first` is the first that this process opened and keeps: it has one of those numbers
// if any is free, and is given another.
Result<void> fill_closed_streams(UniqueFd& first);

}  // namespace holdfast::os
