// What this launcher has to do for its test: its names, policy and directory.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attempt/hand_over.hpp"
#include "attempt/invocation.hpp"
#include "attempt/messages.hpp"
#include "attempt/records.hpp"
#include "attempt/surroundings.hpp"
#include "values/attach.hpp"
#include "values/lock_spec.hpp"

namespace holdfast::supervision {

struct Grant : wire::AttemptGrant {
  AttemptIdentity identity;  // of the attempt at hand; the base has that of the first
  LockHome home;
};

// Completes a grant with what this process, `own`, knows by itself.
Grant complete(wire::AttemptGrant granted, const Invocation& invocation, const ProcessName& own);

// What this process knows and holds of its test, command or build step.
struct TestAtHand {
  Invocation invocation;
  Surroundings around;
  HandOver held;
  Grant grant;
  // Set: its attempts run on another machine. These are the locks that they take here and there.
  std::optional<std::vector<LockSpec>> all_locks;
  // How long the attempt at hand has waited.
  Milliseconds lock_wait{0};
  Milliseconds service_wait{0};

  // Whether it is a test with several cases, each with a result of its own.
  bool is_batch() const { return grant.policy.isolation && invocation.attach; }
  // Whether its attempts are to run on another machine.
  bool is_for_node() const;
  // Whether it has, or may have, more than one plain attempt.
  bool needs_exec() const;

  // Prints lines by the keeper, if there is one.
  Teller teller();
  std::string in_words(std::string_view trouble) const;
};

// Gets the grant from the keeper, to which `test.held` is connected afterwards. Without a keeper,
// makes a grant from the test's own properties by the same rules. If the policy cannot be resolved,
// the grant is a refusal. If a keeper was expected and there is none, says why. Waits for the
// keeper's answer for a few seconds at most.
void seek_grant(TestAtHand& test);

// Of a run whose keeper was killed, or does not answer: the journal that the keeper has begun for
// this ctest's run. Empty: it has begun none, or the run has ended.
std::string journal_of_left_run(const Attach& attach);

}  // namespace holdfast::supervision
