#include "supervision/locks/attempt_locks.hpp"

#include <utility>

#include "core/lock/lock_place.hpp"
#include "os/process/process.hpp"

namespace holdfast::supervision {
namespace {

// The attempt as others see it that want its locks.
LockParty party_of(const Grant& grant, const HeldLocks& above) {
  LockParty party;
  if (grant.policy.locks.empty()) return party;  // nobody will ask, so this saves system calls
  party.process = grant.identity.launcher;
  party.boot = os::boot_id();
  party.test = grant.identity.test;
  party.tree = grant.home.tree;
  party.attempt = grant.identity.attempt;
  party.around = above.attempts();
  return party;
}

}  // namespace

TakenLocks take_attempts_locks(Grant& grant, HeldLocks& above, Surroundings& around,
                               KeeperLink& keeper, Teller& teller) {
  Result<std::vector<LockSpec>> locks_here = locks_at(grant.home, std::move(grant.policy.locks));
  if (!locks_here) {
    TakenLocks none;
    none.end = TakenLocks::End::refused;
    none.trouble = to_text(locks_here.error());
    return none;
  }
  grant.policy.locks = std::move(*locks_here);
  const LockParty self = party_of(grant, above);
  return take_locks(grant.policy, {grant.home, above, self}, around, keeper, teller);
}

}  // namespace holdfast::supervision
