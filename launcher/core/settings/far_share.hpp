// Which part of a test's policy each side of a far attempt keeps (docs/internals/decisions/0045).
#pragma once

#include "core/settings/policy.hpp"

namespace holdfast {

// Takes out of `near` what the node does, and returns the policy for the node. Attempts, hooks
// after a failure and waits are left to this side. What the test leaves behind is not kept on a
// node until the run ends, because nobody there would end it.
Policy take_far_share(Policy& near);

}  // namespace holdfast
