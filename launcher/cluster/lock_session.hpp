// Gives leases back. Their keys go with them, so the next waiter has its turn at once and need not
// wait for the end of the lease.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "base/message.hpp"
#include "cluster/cluster_wire.hpp"
#include "cluster/etcd.hpp"
#include "cluster/lock_order.hpp"
#include "os/file/descriptors.hpp"
#include "os/lock/shared_lease.hpp"
#include "values/cluster_settings.hpp"

namespace holdfast::etcd {

class Releases {
 public:
  explicit Releases(Etcd& etcd) : etcd_(etcd) {}

  // Gives the lease back. If etcd does not answer, tries again for a while. Later nobody would gain
  // by it.
  void begin(const std::string& lease);
  bool are_done() const { return leases_.empty(); }

  void join(os::Wait& wait) const;
  void look();

 private:
  struct Lease {
    Milliseconds next = k_longest;  // when it is tried again
    Milliseconds until{0};          // when it is given up
  };
  void send(const std::string& lease);

  Etcd& etcd_;
  std::map<std::string, Lease> leases_;
};

// One attempt that has or wants locks of scope `cluster`. A session has the attempt's connection
// with us, its lease, its keys, and its places in the queues.

// This machine and the user, as others see them in our keys.
struct Machine {
  std::string host;
  std::string user;
};

class LockSession {
 public:
  struct Parts {
    Etcd& etcd;
    Releases& releases;
    const ClusterSettings& settings;
    const Machine& machine;
  };
  LockSession(const Parts& parts, os::UniqueFd socket);
  ~LockSession() { close(); }
  LockSession(const LockSession&) = delete;
  LockSession& operator=(const LockSession&) = delete;

  bool is_over() const { return !socket_.valid(); }

  // Adds what the session waits for. Then it hears what its attempt says, and does what is due.
  void join(os::Wait& wait) const;
  void hear();
  void look();

 private:
  // A lock that the attempt has or wants.
  struct Lock {
    LockSpec spec;
    LockLevel level;
    ClusterParty party;   // what its key says
    bool is_put = false;  // the key is in etcd, as far as we know
    bool is_had = false;
  };

  // A line about the test that the session is for.
  void log(LogLevel level, std::initializer_list<std::string_view> message) const;
  void obey(const wire::Message& message, os::UniqueFd descriptor);
  void begin(const wire::Message& message, os::UniqueFd memory);
  void ask(const wire::Message& message);
  void answer_is_held(const ClusterIsHeld& question);
  std::string why_waits() const;
  void look_why();
  void tell_why();

  // Takes the next step towards the lock that is wanted.
  void go_on();
  // Makes the call for this step. `next` gets the answer, unless etcd refuses.
  void step(std::string_view path, std::string body, std::function<void(const std::string&)> next);
  void grant();
  void put();
  void read_queue();
  void take_queue(const Keys& keys);
  void watch(const Keys& keys, const cluster::LockTurn& turn);
  void note(std::vector<unsigned> slots);
  void had();
  void renew();
  void look_for_keys(const Lease& lease, Milliseconds sent);
  void renew_later(const Refusal& refusal);
  void renewed(const Lease& lease, Milliseconds sent);
  // To be called if etcd does not know our lease any more, or if the key with which we wait is
  // gone.
  void lease_is_gone();
  // Tells the attempt how it has lost its locks.
  void lose(std::int64_t how);
  void forget_lease();

  // Returns whether the reply is a refusal, and then does what follows from it.
  bool is_refused(const EtcdReply& reply);
  void again_later(const std::string& why);
  // Answers the attempt with `why`, and ends the session.
  void refuse(const std::string& why);
  void close();
  void stop_watching() { parts_.etcd.cancel(std::exchange(watch_, 0)); }
  void send(const wire::Message& message) const;
  Lock* wanted() { return locks_.empty() || locks_.back().is_had ? nullptr : &locks_.back(); }

  Parts parts_;
  os::UniqueFd socket_;
  std::optional<os::SharedLease> memory_;
  ClusterParty self_;
  Milliseconds grace_{0};
  std::string lease_;        // empty: none
  std::vector<Lock> locks_;  // in the order in which they were asked for; the last may be wanted
  std::vector<ClusterParty> queue_;  // as last seen, of the lock that is wanted
  std::size_t own_ = 0;              // our place in it
  std::string trouble_;              // why the last call was not served; empty: it was
  Etcd::Id step_ = 0;                // the call that go_on() has made; 0: none
  std::optional<ClusterIsHeld> answer_is_held_later_;  // etcd is to be asked again
  Milliseconds tell_why_at_ = k_longest;               // when we answer at the latest why we wait
  Etcd::Id watch_ = 0;
  std::string watched_;  // the key that is watched, or what all watched keys begin with
  Etcd::Id renewal_ = 0;
  Milliseconds again_at_ = k_longest;  // when go_on() is called
  Milliseconds renew_at_ = k_longest;
  unsigned failures_ = 0;       // one after the other
  unsigned seen_failures_ = 0;  // Etcd::failures() when the watch began
};

}  // namespace holdfast::etcd
