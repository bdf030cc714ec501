// Takes a lock of scope `cluster` by way of holdfast-etcd, and tells people about the wait.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/lock/held_locks.hpp"
#include "core/lock/lock_wait.hpp"
#include "core/settings/message.hpp"
#include "supervision/base/keeper_link.hpp"
#include "supervision/base/surroundings.hpp"
#include "supervision/base/teller.hpp"
#include "supervision/locks/taken_locks.hpp"

namespace holdfast::supervision {

class ClusterAsking {
 public:
  // `door`: where connections for holdfast-etcd are sent, the keeper or itself; -1: there is none.
  // `locks`: gets the connection with the first lock.
  ClusterAsking(int door, Milliseconds grace, Surroundings& around, KeeperLink& keeper,
                Teller& teller, TakenLocks& result)
      : door_(door),
        grace_(grace),
        around_(around),
        keeper_(keeper),
        teller_(teller),
        result_(result) {}

  // Blocks until the lock is taken, the order's deadline is over, a signal that ends tests arrives,
  // or ctest dies. `result.end` is `had` unless it was not taken. `above`: forgets attempts that do
  // not have the lock any more.
  void take(const LockSpec& spec, const std::string& place, HeldLocks& above,
            const LockWaitOrder& order);

 private:
  void begin();
  void ask(const LockSpec& spec, const LockLevel& level);
  bool is_held(const std::string& attempt, const std::string& level);
  // The next message of that kind; none: the wait has ended otherwise.
  std::optional<wire::Message> wait_for(std::string_view kind);
  std::optional<wire::Message> hear();
  void act_by_clock();
  void client_ended();
  void end(TakenLocks::End how, std::string trouble);
  void refuse(std::string_view why);
  bool is_over() const { return result_.end != TakenLocks::End::had; }
  void send(const wire::Message& message) const;

  int door_;
  Milliseconds grace_;
  Surroundings& around_;
  KeeperLink& keeper_;
  Teller& teller_;
  TakenLocks& result_;
  const LockSpec* spec_ = nullptr;  // the lock that is being taken
  const LockWaitOrder* order_ = nullptr;
  Milliseconds deadline_ = k_longest;
  std::optional<WaitTelling> telling_;
  bool has_asked_why_ = false;
  bool has_begun_anew_ = false;
  unsigned clients_ = 0;  // that have ended while we waited
};

}  // namespace holdfast::supervision
