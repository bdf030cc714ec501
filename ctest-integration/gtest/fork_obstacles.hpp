// Finds out why a process cannot be copied after its start-up.
#pragma once

#include <string>

namespace holdfast {
namespace gtest_support {

// Says, in words, what start-up made that fork(2) does not copy, or that the copies would share:
// threads, timers, child processes, writable shared memory. Empty: there is no obstacle.
std::string fork_obstacle();

}  // namespace gtest_support
}  // namespace holdfast
