// The guard: the launcher's child and the test's parent. It reaps, finds leftovers, ends the tree,
// and goes on doing so when the launcher is killed; the launcher does it when the guard is.
//
// One process could not do it: what it had double-forked with a cleared environment before its own
// SIGKILL would be lost to all ancestry. Of the pair, whoever survives is a subreaper of
// everything.
#pragma once

#include "supervision/attempt/guard_duty.hpp"

namespace holdfast::supervision {

// Runs in the forked child and does not return.
[[noreturn]] void be_guard(GuardDuty duty);

}  // namespace holdfast::supervision
