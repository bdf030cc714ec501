// `holdfast-launcher --anchor …`. The anchor of a forked case executes this program when processes
// of the case are left, or when the case is to be ended (docs/internals/worker-protocol.md). Its
// pid stays the same, so the case's processes stay below it.
#pragma once

#include "values/outcome.hpp"

namespace holdfast::supervision {

// True: this process was started as an anchor.
bool is_anchor(char** arguments);

// Ends the case's processes, tells holdfast-exec, and returns how this process is to end.
Exit end_as_anchor(char** arguments);

}  // namespace holdfast::supervision
