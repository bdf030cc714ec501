// Runs a command without a supervisor around it.
#pragma once

#include <string_view>

#include "attempt/hand_over.hpp"
#include "attempt/invocation.hpp"
#include "os/signal/signals.hpp"
#include "values/outcome.hpp"

namespace holdfast::supervision {

// Returns how we end when we fail before there is anything to observe.
Exit own_failure(ExitMode mode);

// Becomes the command. If that fails, returns how the bare command would have ended.
Exit become_command(const Invocation& invocation, char** environment,
                    const os::CallersSignals& callers);

// Runs the test as if we were not there. Either the test is exempt, or we cannot supervise it:
// there is no pidfd (an old kernel, seccomp, gVisor), or /proc is of another PID namespace. Returns
// only if the command cannot be executed.
Exit run_bare(const Invocation& invocation, const os::CallersSignals& callers);

// For when we cannot supervise. `handed.callers` must be set. A command that asked for a lock does
// not run without the lock. A test of ctest runs without its locks; `holdfast begin` has said so.
Exit launch_unwatched(const Invocation& invocation, const HandOver& handed,
                      std::string_view trouble);

}  // namespace holdfast::supervision
