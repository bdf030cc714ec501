// Takes an attempt's locks, one after the other in canonical order, and tells every wait. Then
// chooses its TCP ports.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attempt/grant.hpp"
#include "attempt/keeper_link.hpp"
#include "attempt/messages.hpp"
#include "attempt/surroundings.hpp"
#include "base/duration.hpp"
#include "cluster/cluster_locks.hpp"
#include "os/lock/lock_file.hpp"
#include "values/held_locks.hpp"

namespace holdfast::supervision {

// The result of taking locks.

struct TakenLocks {
  std::vector<os::LockRequest> held;  // those of the attempt's ports come last
  ClusterLocks cluster;               // those of scope `cluster`
  Milliseconds waited{0};
  // `lost`: those of scope `cluster` that it had, while it waited for others.
  enum class End : std::uint8_t {
    acquired,
    not_in_time,
    refused,
    interrupted,
    lost
  } end = End::acquired;
  int signal = 0;       // with interrupted: the signal, or 0 when ctest died
  std::string trouble;  // why the locks were not taken, in one sentence

  void end_as(End how, std::string why) {
    end = how;
    trouble = std::move(why);
  }
};

// How to wait for one lock.

// How long a wait out of the global order may last. Such a wait may be part of a circle, which
// nothing else would end.
inline constexpr Milliseconds k_out_of_order_patience{60'000};

struct LockWaitOrder {
  const LockParty& self;
  Milliseconds since{0};              // monotonic: when the lock was asked for
  Milliseconds deadline = k_longest;  // monotonic
  bool out_of_order = false;          // told when the wait is given up

  // For a wait that begins at `now`. `timeout` is the limit for all waits of the attempt together;
  // 0: there is none. `start`: when the first of these waits began.
  void set_deadline(Milliseconds timeout, Milliseconds start, Milliseconds now) {
    if (timeout.count() != 0) {
      deadline = start + timeout;
    } else if (out_of_order) {
      deadline = now + k_out_of_order_patience;
    }
  }
};

// Takes the locks of the grant's policy. Blocks until all locks are taken, the policy's lock
// timeout is over, a signal that ends tests arrives, or ctest dies. Then takes as many ports as the
// policy says, without a wait. If it does not get everything, it releases what it has taken.
//
// Replaces the policy's locks by the locks that they mean at the grant's home. `above`: the locks
// that ancestors hold. This function adds those of them that it finds on the way. `cluster_door`:
// where connections for holdfast-etcd are sent; -1: nowhere.
TakenLocks take_locks(Grant& grant, HeldLocks& above, Surroundings& around, KeeperLink& keeper,
                      int cluster_door, Teller& teller);

// To be called when the locks of a command are let go. Waits a moment for holdfast-etcd, which
// gives its leases back: then it is nothing that the command has left, and the next command finds
// the lock free. A lost lease is not worth the wait. `door`: the connection with it; invalid: there
// is none.
void wait_for_release(const os::UniqueFd& door, Surroundings& around);

}  // namespace holdfast::supervision
