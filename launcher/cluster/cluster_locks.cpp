#include "cluster/cluster_locks.hpp"

#include "cluster/cluster_wire.hpp"
#include "os/file/clock.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast::supervision {
namespace {

// How long before the end of the lease the test is killed if its end has not come.
constexpr Milliseconds k_last_moment{500};

}  // namespace

Result<os::UniqueFd> ClusterLocks::connect(Milliseconds grace) {
  let_go();
  grace_ = grace;
  HOLDFAST_TRY(lease_, os::SharedLease::make());
  HOLDFAST_TRY(auto ends, os::packet_pair());
  connection_ = std::move(ends.first);
  return std::move(ends.second);
}

void ClusterLocks::let_go() {
  connection_.reset();
  held_.clear();
  has_hung_up_ = false;
  is_lost_ = false;
  was_over_ = false;
  told_ = News::none;
}

Result<void> ClusterLocks::begin_watch() {
  if (!is_connected()) return {};
  HOLDFAST_TRY(timer_, os::BootTimer::make());
  told_ = News::none;
  return {};
}

void ClusterLocks::join(os::Wait& wait) {
  if (!is_connected()) return;
  // What has happened for good would wake us again and again.
  if (told_ != News::over) {
    const Milliseconds until{std::max<std::int64_t>(0, lease_->until_ms())};
    timer_->set(told_ == News::none ? cluster::end_before(until, grace_) : until - k_last_moment);
    wait.on(timer_->fd());
  }
  // Only its end matters: holdfast-etcd hangs up when the lease is lost.
  if (!has_hung_up_) wait.on(connection_.get(), 0);
}

// A lease that is known to be gone has no time left.
bool ClusterLocks::ends_in(Milliseconds time) const {
  const std::int64_t until_ms = lease_->until_ms();
  return until_ms <= 0 || os::time_since_boot() >= Milliseconds{until_ms} - time;
}

bool ClusterLocks::is_lost_now() {
  if (is_connected() && ends_in(grace_ + cluster::k_lease_margin)) is_lost_ = true;
  return is_lost_;
}

Milliseconds ClusterLocks::time_left() const {
  if (!is_connected()) return k_longest;
  if (lease_->until_ms() <= 0) return Milliseconds{0};
  return Milliseconds{lease_->until_ms()} - k_last_moment - os::time_since_boot();
}

ClusterLocks::News ClusterLocks::look(const os::Wait& wait) {
  if (!is_connected() || told_ == News::over) return News::none;
  if ((wait.news(connection_.get()) & (POLLHUP | POLLERR)) != 0) has_hung_up_ = true;
  if (told_ == News::none) {
    if (!is_lost_now()) return News::none;
    return told_ = News::lost;
  }
  if (!ends_in(k_last_moment)) return News::none;
  return told_ = News::over;
}

std::string ClusterLocks::why_lost() const {
  if (lease_->until_ms() == cluster::k_lease_lost) return "etcd has ended its lease";
  if (lease_->until_ms() == cluster::k_key_lost) return "somebody has deleted its key in etcd";
  return has_hung_up_ ? "holdfast-etcd, which renewed its lease, has ended"
                      : "its lease was not renewed in time: etcd does not answer, or holdfast-etcd "
                        "is stopped";
}

}  // namespace holdfast::supervision
