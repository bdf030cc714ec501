// What this launcher has to do for its test: its names, policy and directory.
#pragma once

#include "core/lock/lock_spec.hpp"
#include "core/settings/policy.hpp"
#include "os/signal/signals.hpp"
#include "supervision/base/invocation.hpp"
#include "supervision/base/keeper_link.hpp"
#include "supervision/base/records.hpp"

namespace holdfast::supervision {

struct Grant : wire::AttemptGrant {
  AttemptIdentity identity;  // of the attempt at hand; the base has that of the first
  LockHome home;
};

// Completes a grant with what this process, `own`, knows by itself.
Grant complete(wire::AttemptGrant granted, const Invocation& invocation, const ProcessName& own);

// Gets the grant from the keeper, to which `keeper` is connected afterwards. Without a keeper,
// makes a grant from the test's own properties by the same rules. If the policy cannot be resolved,
// the grant is a refusal. If a keeper was expected and there is none, says why. Waits for the
// keeper's answer for a few seconds at most.
Grant seek_grant(const Invocation& invocation, const os::CallersSignals& callers,
                 KeeperLink& keeper);

}  // namespace holdfast::supervision
