#include "supervision/locks/lock_taking.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/lock/lock_place.hpp"
#include "os/file/clock.hpp"
#include "os/lock/lock_survey.hpp"
#include "os/log/log.hpp"
#include "os/network/port_choice.hpp"
#include "os/process/process.hpp"
#include "supervision/base/held_above.hpp"
#include "supervision/locks/cluster_asking.hpp"
#include "supervision/locks/lock_waiting.hpp"

namespace holdfast::supervision {
namespace {

// For holdfast-etcd to give back the leases of a command. It goes on trying after that.
constexpr Milliseconds k_release_patience{2000};

// Returns how the attempt appears to others that want its locks.
LockParty party_of(const Grant& grant, const HeldLocks& above) {
  LockParty party;
  // If nobody will ask, this saves system calls.
  if (grant.policy.locks.empty() && grant.policy.ports == 0) return party;
  party.process = grant.identity.launcher;
  party.boot = os::numbering_id();
  party.test = grant.identity.test;
  party.tree = grant.home.tree;
  party.attempt = grant.identity.attempt;
  party.around = above.attempts();
  return party;
}

class Taking {
 public:
  Taking(const Grant& grant, HeldLocks& above, Surroundings& around, KeeperLink& keeper,
         int cluster_door, Teller& teller)
      : policy_(grant.policy),
        home_(grant.home),
        above_(above),
        self_(party_of(grant, above)),
        around_(around),
        keeper_(keeper),
        cluster_door_(cluster_door),
        teller_(teller) {}

  TakenLocks run() {
    for (const LockSpec& spec : policy_.locks) {
      take(spec);
      if (result_.end != TakenLocks::End::had) break;
    }
    // They come last: nobody uses them until the test begins, so a stranger could take them.
    if (policy_.ports > 0 && result_.end == TakenLocks::End::had) take_ports();
    if (result_.end != TakenLocks::End::had) {
      result_.held.clear();
      result_.cluster.let_go();
    }
    result_.waited = os::monotonic_now() - start_;
    if (!result_.trouble.empty()) os::log(LogLevel::debug, {result_.trouble});
    return std::move(result_);
  }

 private:
  static void log_wait(const os::LockRequest& request, const LockSpec& spec) {
    if (!os::logs(LogLevel::debug)) return;
    const std::string seen =
        describe_obstacles(to_text(spec), request.obstacles(), os::unix_now_ms());
    os::log(LogLevel::debug, {"waits for lock ", to_text(spec), seen.empty() ? "" : ": ", seen});
  }
  static void log_had(const LockSpec& spec, Milliseconds since) {
    os::log(LogLevel::debug,
            {"has lock ", to_text(spec), " after ", describe(os::monotonic_now() - since)});
  }

  void take(const LockSpec& spec) {
    const std::string place = place_of(spec, home_);
    const Milliseconds since = os::monotonic_now();
    if (spec.scope == LockScope::cluster) return take_from_etcd(spec, place, since);
    Result<Asked> asked = ask(spec, place);
    if (!asked) return refuse(spec, asked.error());
    os::LockRequest& request = asked->request;
    if (!asked->had) {
      log_wait(request, spec);
      wait_for_lock(request, wait_order(spec, place, since), around_, teller_, result_);
      if (result_.end != TakenLocks::End::had) return;
    }
    LockParty holder = self_;
    holder.since_unix_ms = os::unix_now_ms();
    request.sign(holder);
    if (os::logs(LogLevel::debug)) log_had(spec, since);
    entrust(request);
    result_.held.push_back(std::move(request));
  }

  void take_from_etcd(const LockSpec& spec, const std::string& place, Milliseconds since) {
    if (!cluster_) {
      cluster_.emplace(cluster_door_, policy_.grace, around_, keeper_, teller_, result_);
    }
    cluster_->take(spec, place, above_, wait_order(spec, place, since));
  }

  // The keeper gets the lock before anything of the test exists, because from then on the lock must
  // outlive us.
  void entrust(const os::LockRequest& lock) {
    for (int descriptor : lock.descriptors()) keeper_.entrust(descriptor);
  }

  void take_ports() {
    const std::size_t others = result_.held.size();
    self_.since_unix_ms = os::unix_now_ms();
    const Result<void> ports = os::take_ports(policy_.ports, self_, result_.held);
    if (!ports) {
      result_.end = TakenLocks::End::refused;
      result_.trouble = to_text("its ports", ports.error());
      return;
    }
    for (std::size_t i = others; i < result_.held.size(); ++i) entrust(result_.held[i]);
  }

  struct Asked {
    os::LockRequest request;
    bool had;
  };

  Result<Asked> ask(const LockSpec& spec, const std::string& place) {
    forget_let_go(spec, place);
    const std::string known = above_.level_of(place);
    Result<Asked> asked = ask_at_level(spec, place);
    if (!asked || asked->had || searched_) return asked;
    // This search comes before the wait, because a wait for a lock of an ancestor would never end.
    searched_ = true;
    above_.add_farther(find_held_above());
    self_.around = above_.attempts();
    if (above_.level_of(place) == known) return asked;
    return ask_at_level(spec, place);
  }

  // Forgets holders that have released the lock. A leftover may be allowed to outlive its test, and
  // has inherited HOLDFAST_HELD. It would take the lock below an attempt that no longer has the
  // lock, and so share the lock with the next holder.
  void forget_let_go(const LockSpec& spec, const std::string& place) const {
    above_.forget_released(place, [&](const std::string& attempt, const std::string& level) {
      return os::is_held_by(attempt, spec, home_, level);
    });
  }

  Result<Asked> ask_at_level(const LockSpec& spec, const std::string& place) const {
    const Result<LockLevel> level = above_.level_for(spec, place);
    if (!level) return level.error();
    Result<os::LockRequest> request = os::LockRequest::open(spec, home_, *level);
    if (!request) return request.error();
    const Result<bool> had = request->try_take();
    if (!had) return had.error();
    return Asked{std::move(*request), *had};
  }

  LockWaitOrder wait_order(const LockSpec& spec, const std::string& place,
                           Milliseconds since) const {
    LockWaitOrder order{self_, since};
    order.out_of_order = above_.is_out_of_order(spec, place);
    order.set_deadline(policy_.lock_timeout, start_, os::monotonic_now());
    return order;
  }

  void refuse(const LockSpec& spec, const Error& error) {
    result_.end = TakenLocks::End::refused;
    result_.trouble = "lock " + to_text(spec) + ": " + to_text(error);
  }

  const Policy& policy_;
  const LockHome& home_;
  HeldLocks& above_;
  LockParty self_;
  bool searched_ = false;
  Surroundings& around_;
  KeeperLink& keeper_;
  int cluster_door_;
  Teller& teller_;
  std::optional<ClusterAsking> cluster_;
  Milliseconds start_ = os::monotonic_now();
  TakenLocks result_;
};

}  // namespace

void wait_for_release(const os::UniqueFd& door, Surroundings& around) {
  if (!door.valid()) return;
  (void)::shutdown(door.get(), SHUT_WR);
  (void)wait_until(around, os::monotonic_now() + k_release_patience, {{door.get(), POLLIN, 0}});
}

TakenLocks take_locks(Grant& grant, HeldLocks& above, Surroundings& around, KeeperLink& keeper,
                      int cluster_door, Teller& teller) {
  Result<std::vector<LockSpec>> locks_here = locks_at(grant.home, std::move(grant.policy.locks));
  if (!locks_here) {
    TakenLocks none;
    none.end = TakenLocks::End::refused;
    none.trouble = to_text(locks_here.error());
    return none;
  }
  grant.policy.locks = std::move(*locks_here);
  return Taking(grant, above, around, keeper, cluster_door, teller).run();
}

}  // namespace holdfast::supervision
