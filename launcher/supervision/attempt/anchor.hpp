// `holdfast-launcher --anchor …`: the anchor of a forked case of a batch becomes this when
// processes of the case are left, or the case is to be ended (docs/internals/worker-protocol.md).
// The pid stays the same, and so the case's processes stay below it.
#pragma once

#include "core/outcome/outcome.hpp"

namespace holdfast::supervision {

// Whether the launcher was started as an anchor.
bool is_anchor(char** arguments);

// Ends the case's processes, tells holdfast-exec, and returns how this process is to end.
Exit end_as_anchor(char** arguments);

}  // namespace holdfast::supervision
