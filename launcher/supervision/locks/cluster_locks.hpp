// The locks of scope `cluster` that an attempt has: one connection with holdfast-etcd, one lease.
//
// holdfast-etcd renews the lease, and may be stopped, killed or cut off from etcd. So this process
// holds the deadline: it knows until when the lease holds, and reports in time that the test must
// be ended.
#pragma once

#include <poll.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/lock/lock_spec.hpp"
#include "os/file/unique_fd.hpp"
#include "os/lock/shared_lease.hpp"

namespace holdfast::supervision {

class ClusterLocks {
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

  // --- While the test runs ------------------------------------------------------------------
  // Appends what poll(2) is to watch, if there are locks; look() takes it from there.
  void add_descriptors(std::vector<pollfd>& fds);

  enum class News : std::uint8_t {
    none,
    // In `grace` and a second the lease ends, or it has been lost: begin to end the test.
    lost,
    // The lease ends at once: nothing of the test may be left.
    over,
  };
  // Each kind of news comes once. `fds`: null, or what was polled.
  News look(const std::vector<pollfd>* fds);
  // Whether look() has said so.
  bool is_lost() const { return told_ != News::none; }
  // The same after a look.
  bool is_lost_now() {
    (void)look(nullptr);
    return is_lost();
  }
  // One clause that says why.
  std::string why_lost() const;

 private:
  void set_clock() const;

  os::UniqueFd connection_;
  std::optional<os::SharedLease> lease_;
  std::optional<os::BootTimer> timer_;
  Milliseconds grace_{0};
  std::vector<Held> held_;
  std::size_t polled_at_ = 0;
  bool has_hung_up_ = false;
  News told_ = News::none;
};

// `locks`: null: there are none to lose.
inline bool is_lost_now(ClusterLocks* locks) { return locks != nullptr && locks->is_lost_now(); }

}  // namespace holdfast::supervision
