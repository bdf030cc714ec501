// `holdfast-launcher --anchor …`: what the anchor of a forked case of a batch becomes when a
// process of the case is left, or the case is to be ended (docs/internals/worker-protocol.md). It
// has the anchor's pid, and with it the case's processes below it.
#pragma once

#include "core/outcome/outcome.hpp"

namespace holdfast::supervision {

// Whether the launcher was started as an anchor.
bool is_anchor(char** arguments);

// Ends the case's processes, tells `holdfast exec`, and gives what to end with.
Exit end_as_anchor(char** arguments);

}  // namespace holdfast::supervision
