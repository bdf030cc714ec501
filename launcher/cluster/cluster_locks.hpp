// The locks of scope `cluster` that an attempt has: one connection with holdfast-etcd, one lease.
//
// holdfast-etcd renews the lease, and may be stopped, killed or cut off from etcd. So the launcher
// holds the deadline: it knows until when the lease holds, and learns here in time that the test
// must be ended. The guard asks here too, in case the launcher is stopped or was killed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attempt/need.hpp"
#include "base/duration.hpp"
#include "os/file/descriptors.hpp"
#include "os/lock/shared_lease.hpp"
#include "values/lock_spec.hpp"

namespace holdfast::supervision {

class ClusterLocks {
 public:
  using News = Need::News;

  struct Held {
    LockSpec spec;
    std::string fence;            // the create revision of its key
    std::vector<unsigned> slots;  // of a counted lock
  };

  // Without a connection there are no locks.
  ClusterLocks() = default;
  // Makes a connection, whose other end is to be sent to holdfast-etcd. `grace`: how long the end
  // of the test may take.
  Result<os::UniqueFd> connect(Milliseconds grace);
  void add(Held lock) { held_.push_back(std::move(lock)); }
  // Closes our descriptor. The locks are free when the others that are left are closed too.
  void let_go();

  const std::vector<Held>& held() const { return held_; }
  bool is_connected() const { return connection_.valid(); }
  // Must stay open to keep the locks; -1: there are none.
  int descriptor() const { return connection_.get(); }
  // The memory that holdfast-etcd writes to. Only after connect().
  int memory() const { return lease_->memory(); }

  // --- While the test runs, or is about to; without a connection nothing is watched ---------
  // To be called first by whoever watches: all news comes anew. Each process needs a clock of its
  // own, as others of the attempt would take the ticks of a shared one.
  Result<void> begin_watch();
  // Adds what tells of news; look() takes it from there.
  void join(os::Wait& wait);
  // Each kind of news comes once in a watch: `lost` in time for the grace, or when the lease is
  // lost; then `over`, when the lease ends at once or has ended.
  News look(const os::Wait& wait);
  // Takes no news away. What was lost once stays lost.
  bool is_lost_now();
  // How long the test may still run; k_longest: there is no lease. Needs no watch.
  Milliseconds time_left() const;
  // To be called as soon as the test's tree is gone.
  void end_watch() { was_over_ = is_connected() && ends_in(Milliseconds{0}); }
  // Whether others might have had the locks by then.
  bool was_over() const { return was_over_; }
  // Whoever reads from the client has seen its end.
  void note_hang_up() { has_hung_up_ = true; }
  // One clause that says why.
  std::string why_lost() const;

 private:
  bool ends_in(Milliseconds time) const;

  os::UniqueFd connection_;
  std::optional<os::SharedLease> lease_;
  std::optional<os::BootTimer> timer_;  // of this process, from begin_watch() on
  Milliseconds grace_{0};
  std::vector<Held> held_;
  bool has_hung_up_ = false;
  bool is_lost_ = false;
  bool was_over_ = false;
  News told_ = News::none;  // in this watch
};

}  // namespace holdfast::supervision
