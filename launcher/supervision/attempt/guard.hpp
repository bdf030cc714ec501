// The guard is the launcher's child and the test's parent. It reaps, finds leftovers and ends the
// tree. It goes on if the launcher is killed, and the launcher takes over if the guard is.
//
// One process is not enough: if it gets SIGKILL, ancestry no longer shows what was double-forked
// with a cleared environment. Of the pair, the survivor is a subreaper of everything.
#pragma once

#include "supervision/attempt/attempt_plan.hpp"
#include "supervision/attempt/launcher_link.hpp"
#include "supervision/base/surroundings.hpp"

namespace holdfast::supervision {

class AttemptContainment;

// Runs in the forked child and does not return. Everything that `plan` and `around` refer to is an
// inherited copy. `containment`: null: there is none.
[[noreturn]] void be_guard(const AttemptPlan& plan, const Surroundings& around,
                           LauncherLink launcher, AttemptContainment* containment);

}  // namespace holdfast::supervision
