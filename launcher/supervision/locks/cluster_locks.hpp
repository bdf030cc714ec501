// The locks of scope `cluster` that an attempt has: one connection with holdfast-etcd, one lease.
//
// holdfast-etcd renews the lease, and may be stopped, killed or cut off from etcd. So the launcher
// holds the deadline: it knows until when the lease holds, and learns here in time that the test
// must be ended. The guard asks here too, in case the launcher is stopped or was killed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/lock/lock_spec.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/wait.hpp"
#include "os/lock/shared_lease.hpp"
#include "supervision/base/surroundings.hpp"

namespace holdfast::supervision {

class ClusterLocks final : public LeaseWatch {
 public:
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

  // --- While the test runs, or is about to --------------------------------------------------
  // To be called first by whoever watches: all news comes anew. Each process needs a clock of its
  // own, as others of the attempt would take the ticks of a shared one.
  Result<void> begin_watch();
  // Adds what tells of news; look() takes it from there.
  void join(os::Wait& wait) override;

  enum class News : std::uint8_t {
    none,
    // In `grace` and a second the lease ends, or it has been lost: begin to end the test.
    lost,
    // The lease ends at once or has ended: nothing of the test may be left.
    over,
  };
  // Each kind of news comes once in a watch, `lost` before `over`.
  News look(const os::Wait& wait);
  bool is_lost_after(const os::Wait& wait) override {
    (void)look(wait);
    return is_lost_;
  }
  // Takes no news away. What was lost once stays lost.
  bool is_lost_now();
  // How long the test may still run; k_longest: there is no lease. Needs no watch.
  Milliseconds time_left() const;
  // To be called as soon as the test's tree is gone.
  void end_watch();
  // Whether others might have had the locks by then.
  bool was_over() const { return was_over_; }
  // Whoever reads from the client has seen its end.
  void note_hang_up() { has_hung_up_ = true; }
  // One clause that says why.
  std::string why_lost() const;

 private:
  void set_clock() const;
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

// For as long as it lives, the loss of the locks ends waits (wait_until()). Without a clock it does
// not; then a look after the wait must do.
class LossEndsWaits {
 public:
  // `locks`: null: there are none to lose.
  LossEndsWaits(ClusterLocks* locks, Surroundings& around) : around_(around) {
    if (locks != nullptr && locks->is_connected() && locks->begin_watch()) around_.lease = locks;
  }
  ~LossEndsWaits() { around_.lease = nullptr; }
  LossEndsWaits(const LossEndsWaits&) = delete;
  LossEndsWaits& operator=(const LossEndsWaits&) = delete;

 private:
  Surroundings& around_;
};

// `locks`: null: there are none to lose.
inline bool is_lost_now(ClusterLocks* locks) { return locks != nullptr && locks->is_lost_now(); }

}  // namespace holdfast::supervision
