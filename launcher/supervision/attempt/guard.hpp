// The guard is the launcher's child and the test's parent. It reaps, finds leftovers and ends the
// tree. If the launcher is killed, the guard goes on. If the guard is killed, the launcher takes
// over. The guard also kills the test when its lease of locks over machines is over, because the
// launcher may be stopped at that time.
//
// One process would not be enough. If that one process got SIGKILL, nothing would show that a
// double-forked process with a cleared environment belongs to the test. Of the two processes, the
// survivor is a subreaper and so gets every orphan.
#pragma once

#include "os/file/unique_fd.hpp"
#include "supervision/attempt/attempt_plan.hpp"
#include "supervision/base/surroundings.hpp"

namespace holdfast::supervision {

class AttemptContainment;

// Runs in the forked child and does not return. Everything that `plan` and `around` refer to is an
// inherited copy. `socket`: the guard's end of its connection with `launcher`. `containment`: null:
// there is none.
[[noreturn]] void be_guard(const AttemptPlan& plan, const Surroundings& around, os::UniqueFd socket,
                           pid_t launcher, AttemptContainment* containment);

}  // namespace holdfast::supervision
