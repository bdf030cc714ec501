// Finds out why a process cannot be copied after its start-up.
#pragma once

#include <stddef.h>

namespace holdfast {
namespace gtest_support {

// True: start-up made something that fork(2) does not copy, or that the copies would share:
// threads, timers, child processes, writable shared memory. Writes into `why`, in words, what that
// is.
bool has_fork_obstacle(char* why, size_t room);

}  // namespace gtest_support
}  // namespace holdfast
