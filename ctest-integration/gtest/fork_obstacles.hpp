// Why a process cannot be copied after its start-up.
#pragma once

#include <string>

namespace holdfast {
namespace gtest_support {

// What start-up made that fork(2) does not copy, or that copies would share; empty: nothing is in
// the way. Found: threads, timers, child processes, shared memory that can be written to.
std::string fork_obstacle();

}  // namespace gtest_support
}  // namespace holdfast
