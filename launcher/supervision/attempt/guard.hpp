// The guard is the launcher's child and the test's parent. It reaps, finds leftovers and ends the
// tree. It goes on if the launcher is killed, and the launcher takes over if the guard is.
//
// One process is not enough: if it gets SIGKILL, ancestry no longer shows what was double-forked
// with a cleared environment. Of the pair, the survivor is a subreaper of everything.
#pragma once

#include "supervision/attempt/guard_duty.hpp"

namespace holdfast::supervision {

// Runs in the forked child and does not return.
[[noreturn]] void be_guard(GuardDuty duty);

}  // namespace holdfast::supervision
